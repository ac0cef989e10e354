
export type Queue = "shared" | "pull" | "balanced";
