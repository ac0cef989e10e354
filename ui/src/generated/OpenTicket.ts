import type { PressTicket } from "./PressTicket";
import type { TicketLabel } from "./TicketLabel";
import type { OrderType } from "./OrderType";
import type { At } from "./At";

export type OpenTicket = { ticket: PressTicket, label: TicketLabel, order_type: OrderType, since: At };
