export async function runEvaluate(..._: unknown[]): Promise<void> {}
