import type { StationId } from "./StationId";
import type { OrderType } from "./OrderType";

export type ThresholdRule = { station?: StationId, order_type?: OrderType, warn_seconds: number, late_seconds: number };
