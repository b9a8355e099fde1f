// npm run release:dry: what a release would do, in a copy: versions and changelogs from the changesets, then npm's own dry
// publish of each package. Needs `npm run build` first. Prints one line a check and, last, "N passed, N failed".

import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const copy = mkdtempSync(join(tmpdir(), "lowrank-release-"));
const readJson = (...path) => JSON.parse(readFileSync(join(...path), "utf8"));

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

function run(command, parameters, cwd = copy) {
  return execFileSync(command, parameters, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** The folders that package.json's workspaces name. */
function workspaceFolders() {
  return readJson(root, "package.json").workspaces.flatMap((pattern) => {
    if (!pattern.endsWith("/*")) return [pattern];
    const parent = pattern.slice(0, -2);
    return readdirSync(join(root, parent)).map((name) => join(parent, name));
  });
}

function makeCopy(folders) {
  for (const name of ["package.json", "package-lock.json", ".changeset", ".gitignore"]) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  const filter = (path) => basename(path) !== "node_modules";
  for (const folder of folders) cpSync(join(root, folder), join(copy, folder), { recursive: true, filter });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "dir");
  // Skips GitHub, which a real release queries for authors and pull requests.
  const settings = readJson(copy, ".changeset", "config.json");
  writeFileSync(
    join(copy, ".changeset", "config.json"),
    JSON.stringify({ ...settings, changelog: "@changesets/cli/changelog" }),
  );
  run("git", ["init", "--quiet"]);
  run("git", ["add", ".changeset", "package.json"]);
  run("git", ["-c", "user.name=release", "-c", "user.email=release@localhost", "commit", "--quiet", "-m", "A copy"]);
}

function changesetFiles() {
  return readdirSync(join(copy, ".changeset")).filter((name) => name.endsWith(".md") && name !== "README.md");
}

/** The files that a package's exports and programs name, but for patterns. */
function entriesOf(...values) {
  return values.flatMap((value) => {
    if (typeof value === "string") return value.includes("*") ? [] : [value.replace("./", "")];
    return entriesOf(...Object.values(value ?? {}));
  });
}

/** Whether a dependency's range takes `version`. A peer's is wide ("0.x"): Changesets answers a version out of it with a major release. */
function takes(range, version) {
  return range === version || (range.endsWith(".x") && version.startsWith(range.slice(0, -1)));
}

const folders = workspaceFolders().filter((folder) => existsSync(join(root, folder, "package.json")));
makeCopy(folders);
const changesets = changesetFiles().map((name) => readFileSync(join(copy, ".changeset", name), "utf8"));
const old = new Map(
  folders.map((folder) => readJson(copy, folder, "package.json")).map((one) => [one.name, one.version]),
);
check("npm run release:version", () => run("npm", ["run", "release:version"]));
check("npm ci takes the lock file of the new versions", () => run("npm", ["ci", "--dry-run", "--ignore-scripts"]));

const manifests = folders.map((folder) => ({ folder, ...readJson(copy, folder, "package.json") }));
const versions = new Map(manifests.map(({ name, version }) => [name, version]));
const published = manifests.filter((manifest) => !manifest.private);

check("no changeset is left over", () => {
  const left = changesetFiles();
  if (left.length > 0) throw new Error(left.join("\n"));
});

check("a major version is made only where a changeset says major", () => {
  if (changesets.some((text) => /^".*": major$/m.test(text))) return;
  const major = published.filter(({ name, version }) => version.split(".")[0] !== old.get(name).split(".")[0]);
  if (major.length > 0) throw new Error(major.map(({ name, version }) => `${name} ${version}`).join("\n"));
});

for (const manifest of manifests) {
  check(`${manifest.name}: depends on the versions that this release makes`, () => {
    const { dependencies = {}, peerDependencies = {}, devDependencies = {} } = manifest;
    const required = Object.entries({ ...devDependencies, ...peerDependencies, ...dependencies });
    const wrong = required.filter(([name, range]) => versions.has(name) && !takes(range, versions.get(name)));
    if (wrong.length > 0) {
      throw new Error(
        wrong.map(([name, range]) => `${name}: "${range}", but it will be ${versions.get(name)}`).join("\n"),
      );
    }
  });
}

for (const { folder, name, version, exports, bin } of published) {
  check(`${name}: is published as ${version}, with its changelog`, () => {
    if (version === "0.0.0") throw new Error("No changeset names it, so that it would stay 0.0.0.");
    const parameters = ["publish", "--dry-run", "--json", "--provenance=false", "--tag", "latest"];
    const report = JSON.parse(run("npm", parameters, join(copy, folder)));
    const { version: packed, files } = report[name] ?? report;
    if (packed !== version) throw new Error(`The tarball is of version ${packed}.`);
    const paths = files.map(({ path }) => path);
    const expected = ["CHANGELOG.md", "LICENSE", "README.md", "package.json", ...entriesOf(exports, bin)];
    const missing = expected.filter((path) => !paths.includes(path));
    if (missing.length > 0) throw new Error(`The tarball lacks ${missing.join(", ")}; has npm run build run?`);
    const tests = paths.filter((path) => /\.test\.|(^|\/)(test|fixtures|bench)\//.test(path));
    if (tests.length > 0) throw new Error(`files of tests: ${tests.join(", ")}`);
    const changelog = readFileSync(join(copy, folder, "CHANGELOG.md"), "utf8");
    if (!changelog.includes(`\n## ${version}\n`)) throw new Error(`CHANGELOG.md has no section ${version}`);
  });
}

rmSync(copy, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
