// Several texts of one answer as they come, whichever is first.

/** Values of all generators with the number of each; a consumer that stops early ends all. */
export async function* together<Value>(
  generators: readonly AsyncGenerator<Value, void, undefined>[],
): AsyncGenerator<readonly [index: number, value: Value], void, undefined> {
  type Step = { readonly index: number; readonly result: IteratorResult<Value, void> };
  const pending = new Map<number, Promise<Step>>();
  const ask = (index: number) => {
    const generator = generators[index];
    if (generator !== undefined)
      pending.set(
        index,
        generator.next().then((result) => ({ index, result })),
      );
  };
  for (const index of generators.keys()) ask(index);
  try {
    while (pending.size > 0) {
      const { index, result } = await Promise.race(pending.values());
      pending.delete(index);
      if (result.done === true) continue;
      ask(index);
      yield [index, result.value];
    }
  } finally {
    // What was asked for already may fail, too, and nobody waits for it any more.
    for (const step of pending.values()) step.catch(() => undefined);
    await Promise.allSettled(generators.map((generator) => generator.return()));
  }
}
