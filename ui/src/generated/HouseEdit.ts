import type { House } from "./House";
import type { Named } from "./Named";
import type { HouseChange } from "./HouseChange";
import type { Fault } from "./Fault";

export type HouseEdit = { draft?: House, categories: Array<Named>, items: Array<Named>, unrouted: Array<string>, changes: Array<HouseChange>, rerouted: number, overtaken: boolean, fault?: Fault };
