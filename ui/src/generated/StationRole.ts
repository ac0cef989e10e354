
export type StationRole = "prep" | "expo";
