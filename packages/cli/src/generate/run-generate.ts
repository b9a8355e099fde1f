export async function runGenerate(..._: unknown[]): Promise<void> {}
