
export type Named = { id: string, name: string };
