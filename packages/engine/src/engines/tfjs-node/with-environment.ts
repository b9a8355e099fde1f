// TensorFlow takes its settings from environment variables, and reads them once, while it is loaded.

/** Runs something with variables set that the user has not set, and takes them away again. */
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
