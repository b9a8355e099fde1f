export async function runForward(..._: unknown[]): Promise<void> {}
