// Checks what npm would publish: publint and attw on every package, then each tarball installed in an empty folder with
// the tarballs of the packages it depends on, imported as ESM and as CommonJS. Needs `npm run build` first.
// Prints one line a check and, last, "N passed, N failed".

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname ?? ".", "..");
const work = mkdtempSync(join(tmpdir(), "lowrank-packages-"));

/** Packages that a server must be able to install without TensorFlow.js. */
const withoutTensorflow = ["contracts", "safetensors", "gguf", "adapter-format", "data", "serve"];
/** Packages whose users must not be given a native library. */
const withoutNative = [...withoutTensorflow, "math"];

/** Optional peers that a sub-path is about: who imports it has them. */
const besides = { hosts: ["@tensorflow/tfjs-layers@4.22.0", "@tensorflow/tfjs-converter@4.22.0"] };

const packages = readdirSync(join(root, "packages"))
  .map((folder) => ({
    folder,
    manifest: JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8")),
  }))
  .filter(({ manifest }) => !manifest.private);

let passed = 0;
let failed = 0;

function check(name, action) {
  try {
    action();
    passed++;
    console.log(`ok      ${name}`);
  } catch (error) {
    failed++;
    const output = [error.stdout, error.stderr, error.message].filter(Boolean).join("\n").trim();
    console.log(`FAILED  ${name}\n${output.split("\n").slice(0, 40).join("\n")}`);
  }
}

/** A development dependency's program. */
function programOf(name) {
  return join(root, "node_modules", ".bin", name);
}

function run(command, args, cwd) {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

const tarballs = new Map();
for (const { folder, manifest } of packages) {
  check(`${manifest.name}: packs`, () => {
    const [packed] = JSON.parse(
      run("npm", ["pack", "--json", "--pack-destination", work], join(root, "packages", folder)),
    );
    tarballs.set(manifest.name, join(work, packed.filename));
  });
}

/** A package and every workspace package below it. */
function closure(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  const { manifest } = packages.find((entry) => entry.manifest.name === name);
  for (const dependency of Object.keys(manifest.dependencies ?? {}))
    if (tarballs.has(dependency)) closure(dependency, seen);
  return seen;
}

for (const { folder, manifest } of packages) {
  const { name } = manifest;
  const tarball = tarballs.get(name);
  if (!tarball) continue;
  const entries = Object.keys(manifest.exports ?? {}).filter((key) => key === "." || /^\.\/[a-z/-]+$/.test(key));

  check(`${name}: publint`, () => run(programOf("publint"), ["run", tarball, "--strict"], root));
  if (manifest.types)
    check(`${name}: types resolve (attw)`, () =>
      run(programOf("attw"), [tarball, "--no-emoji", "--profile", "node16"], root),
    );

  check(`${name}: installs alone${entries.length ? " and imports as ESM and CommonJS" : ""}`, () => {
    const folderHere = mkdtempSync(join(work, "install-"));
    writeFileSync(join(folderHere, "package.json"), JSON.stringify({ name: "empty", private: true }));
    const files = [...[...closure(name)].map((dependency) => tarballs.get(dependency)), ...(besides[folder] ?? [])];
    run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...files], folderHere);
    const specifiers = entries.map((entry) => (entry === "." ? name : `${name}/${entry.slice(2)}`));
    const each = `for (const specifier of ${JSON.stringify(specifiers)})`;
    run("node", ["--input-type=module", "-e", `${each} await import(specifier);`], folderHere);
    run("node", ["-e", `${each} require(specifier);`], folderHere);
    if (manifest.bin) {
      const report = JSON.parse(
        run("npx", ["--no-install", Object.keys(manifest.bin)[0], "doctor", "--json"], folderHere),
      );
      if (typeof report.engine !== "string" && typeof report.engine?.name !== "string")
        throw new Error("doctor names no engine");
    }
    if (withoutTensorflow.includes(folder) && existsSync(join(folderHere, "node_modules", "@tensorflow"))) {
      throw new Error("installing this package brought TensorFlow.js with it");
    }
    if (withoutTensorflow.includes(folder)) {
      writeFileSync(join(folderHere, "user.ts"), `export * from "${name}";\n`);
      const options = ["--strict", "--skipLibCheck", "false", "--module", "node16", "--target", "es2022", "--noEmit"];
      run(programOf("tsc"), [...options, "user.ts"], folderHere);
    }
    if (withoutNative.includes(folder)) {
      const native = ["koffi", "onnxruntime-node", "@tensorflow/tfjs-node", "@tensorflow/tfjs-node-gpu"];
      const found = native.filter((dependency) => existsSync(join(folderHere, "node_modules", dependency)));
      if (found.length) throw new Error(`installing this package brought native packages with it: ${found.join(", ")}`);
    }
    rmSync(folderHere, { recursive: true, force: true });
  });
}

check(
  "lowrank: a program in plain JavaScript, and what a person types in the first hour, from rows to a server",
  () => {
    const folderHere = mkdtempSync(join(work, "program-"));
    writeFileSync(join(folderHere, "package.json"), JSON.stringify({ name: "program", private: true, type: "module" }));
    const files = [...closure("lowrank"), "@lowrank/serve", "@lowrank/tiny-model"].map((name) => tarballs.get(name));
    run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...files], folderHere);
    for (const program of ["packed-program.mjs", "packed-first-hour.mjs"]) {
      copyFileSync(join(root, "scripts", program), join(folderHere, program));
      run("node", [program], folderHere);
    }
    rmSync(folderHere, { recursive: true, force: true });
  },
);

rmSync(work, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
