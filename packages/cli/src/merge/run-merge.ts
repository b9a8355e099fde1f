export async function runMerge(..._: unknown[]): Promise<void> {}
