export async function runTrain(..._: unknown[]): Promise<void> {}
