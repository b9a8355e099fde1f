// Writes the declarations of all packages, for ESM (.d.ts) and for CommonJS (.d.cts), next to the JavaScript that tsup writes.
// One TypeScript program serves all packages: with one program for each, TypeScript would read the same types many times.
// Type errors are not reported here: `npm run typecheck` does that.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

const root = join(import.meta.dirname, "..");
// A folder without a package.json is what git left of one that moved.
const folders = readdirSync(join(root, "packages"))
  .map((name) => join(root, "packages", name))
  .filter((folder) => existsSync(join(folder, "package.json")));
/** A path such as "./pairs/scale.ts", in an import or an export. */
const relativePath = /"(\.\.?\/[^"]+)\.ts"/g;

const entries = folders.flatMap((folder) => {
  const { private: isPrivate, exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (isPrivate) return [];
  return Object.values(exports)
    .flatMap((entry) => entry["lowrank-source"] ?? [])
    .map((source) => join(folder, source));
});
const { config } = ts.readConfigFile(join(root, "tsconfig.base.json"), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const emitOnly = { noEmit: false, noCheck: true, declaration: true, emitDeclarationOnly: true };
const program = ts.createProgram(entries, { ...options, ...emitOnly });

for (const folder of folders) removeDeclarations(join(folder, "dist"));
// Starts at the entries and follows imports: most files have no type that a caller sees.
const reached = new Set(entries);
for (const source of reached) {
  const { diagnostics } = program.emit(program.getSourceFile(source), (_, text) => write(source, text));
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost(options)));
}
console.log(`Wrote the declarations of ${reached.size} source files.`);

function removeDeclarations(folder) {
  for (const path of ts.sys.readDirectory(folder, [".d.ts", ".d.cts"])) rmSync(path);
}

function write(source, text) {
  for (const [, path] of text.matchAll(relativePath)) reached.add(join(dirname(source), `${path}.ts`));
  const base = join(root, relative(root, source).replace("/src/", "/dist/").replace(/\.ts$/, ""));
  mkdirSync(dirname(base), { recursive: true });
  writeFileSync(`${base}.d.ts`, text.replace(relativePath, '"$1.js"'));
  writeFileSync(`${base}.d.cts`, text.replace(relativePath, '"$1.cjs"'));
}
