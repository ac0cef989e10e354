
export type HouseChange = { "change": "added", station: string } | { "change": "removed", station: string } | { "change": "station", station: string, fields: Array<string> } | { "change": "order" } | { "change": "rule", field: string };
