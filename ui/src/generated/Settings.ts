import type { CloseWhen } from "./CloseWhen";
import type { CourseRule } from "./CourseRule";
import type { EightySix } from "./EightySix";
import type { ThresholdRule } from "./ThresholdRule";

export type Settings = { restaurant: string, name: string, demo: boolean, time_zone: string, day_starts_minute: number, close_when: CloseWhen, pass_waits: boolean, courses: CourseRule, eighty_six: EightySix, undo_seconds: number, thresholds: Array<ThresholdRule> };
