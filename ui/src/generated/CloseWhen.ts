
export type CloseWhen = "passed" | "ready";
