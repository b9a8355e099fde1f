// TensorFlow takes its settings from environment variables, and reads them once, while it is loaded.

/** Sets variables that the user has not set, runs something, and removes them again. */
export async function withEnvironment<T>(
  variables: Readonly<Record<string, string>>,
  run: () => Promise<T>,
): Promise<T> {
  const added = Object.entries(variables).filter(([name]) => process.env[name] === undefined);
  for (const [name, value] of added) process.env[name] = value;
  try {
    return await run();
  } finally {
    for (const [name] of added) delete process.env[name];
  }
}
