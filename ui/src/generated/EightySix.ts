
export type EightySix = "flag" | "refuse";
