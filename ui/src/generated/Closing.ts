import type { OpenTicket } from "./OpenTicket";

export type Closing = { asked: boolean, tickets: Array<OpenTicket> };
