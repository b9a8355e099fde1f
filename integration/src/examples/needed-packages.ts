// What a reader has to install before a program of a page runs.

/** The packages that a program imports or opens a folder of, and for chooseEngine the engine that runs everywhere. */
export function neededBy(code: string): string[] {
  const imported = [...code.matchAll(/(?:from|import) "([^"]+)"/g)].map(([, name = ""]) => name);
  const packages = imported
    .filter((name) => !name.startsWith("node:"))
    .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0]);
  const opened = [...code.matchAll(/@lowrank\/tiny-model/g)].map(([name]) => name);
  const engines = code.includes("chooseEngine")
    ? ["@tensorflow/tfjs-backend-wasm", "@tensorflow/tfjs-backend-cpu"]
    : [];
  return [...packages.filter((name) => name !== undefined), ...opened, ...engines];
}

/** The packages of the first `npm install` in a text, without versions and options. */
export function installedBy(text: string): string[] {
  const command = /```sh\n(npm install [^#\\\n]*(?:\\\n[^#\\\n]*)*)/.exec(text)?.[1] ?? "";
  return command
    .split(/[\s\\]+/)
    .slice(2)
    .map((word) => word.replace(/(?<=.)@[\d.]+$/, ""))
    .filter((word) => word !== "" && !word.startsWith("-"));
}
