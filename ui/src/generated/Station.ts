import type { StationId } from "./StationId";
import type { StationRole } from "./StationRole";
import type { OrderType } from "./OrderType";
import type { Queue } from "./Queue";

export type Station = { id: StationId, name: string, role: StationRole, categories: Array<string>, items: Array<string>, takes_rest: boolean, order_types: Array<OrderType>, hands_on_to?: StationId, covers: Array<StationId>, queue: Queue };
