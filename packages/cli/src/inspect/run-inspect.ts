export async function runInspect(..._: unknown[]): Promise<void> {}
