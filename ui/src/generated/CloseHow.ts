
export type CloseHow = "bump" | "park" | "void";
