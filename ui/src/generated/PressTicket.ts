import type { OrderId } from "./OrderId";
import type { PressLine } from "./PressLine";

export type PressTicket = { order: OrderId, seen: number, lines: Array<PressLine> };
