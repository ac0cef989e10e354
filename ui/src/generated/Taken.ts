
export type Taken = { "whose": "nobodys" } | { "whose": "ours" } | { "whose": "others", screen: number | null };
