import type { Station } from "./Station";
import type { Settings } from "./Settings";

export type House = { stations: Array<Station>, settings: Settings };
