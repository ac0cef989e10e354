
export type CourseRule = "by_hand" | "when_done" | { "after_minutes": number };
