// Importing packages that a bundler must not look for: native ones, and Node's own modules.

/** Imports a module by a name that bundlers leave alone; it is looked up when the program runs. */
export function importUnbundled(specifier: string): Promise<unknown> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ specifier);
}

/** A property of a module, or of its default export for a wrapped CommonJS module. */
export function exportOf(module: unknown, name: string): unknown {
  const direct = propertyOf(module, name);
  return direct === undefined ? propertyOf(propertyOf(module, "default"), name) : direct;
}

export function propertyOf(value: unknown, name: string): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  return Reflect.get(value, name);
}

/** Whether this is Node.js, or a runtime that claims to be. */
export function isNode(): boolean {
  return typeof process !== "undefined" && process.versions?.node !== undefined;
}
