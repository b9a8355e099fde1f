// npm run docs: makes dist/docs, one site of the pages in docs/, the packages' READMEs and a reference of their public
// names, by typedoc. What fails it: a dead link, a public name without a comment, a {@link} to what is not exported.

import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Application, Converter, MinimalSourceFile, normalizePath } from "typedoc";
import { modulesOf, pagesOf } from "./contents.mjs";
import { deadLinks } from "./dead-links.mjs";
import { mendLinks, repository } from "./mend-links.mjs";

const root = join(import.meta.dirname, "../..");
const out = join(root, "dist", "docs");
const modules = modulesOf(root);
const pages = pagesOf(root);
const opening = join(root, "README.md");
const readmes = modules.flatMap(({ readme }) => readme ?? []);
const problems = [];

const app = await Application.bootstrap({
  name: "lowrank",
  readme: opening,
  projectDocuments: pages,
  entryPoints: modules.map(({ source }) => source),
  tsconfig: join(root, "tsconfig.base.json"),
  skipErrorChecking: true, // npm run typecheck does that
  basePath: root,
  disableGit: true, // the same site from a clone, a worktree and a tarball
  sourceLinkTemplate: `${repository}/{path}#L{line}`,
  validation: { notExported: false, invalidLink: true, invalidPath: false }, // paths are checked in what was made
  treatWarningsAsErrors: true,
  highlightLanguages: ["ts", "js", "json", "sh", "python", "diff", "html"],
  navigation: { includeGroups: false },
});

app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, page) => {
  mend(page.content, app.files.getReflectionPath(page));
  takeTitle(page);
});
const entries = app.getEntryPoints();
for (const entry of entries) {
  const path = normalizePath(entry.sourceFile.fileName);
  entry.displayName = modules.find(({ source }) => normalizePath(source) === path).name;
}
const project = app.converter.convert(entries);
mend(project.readme, opening);
for (const { name, readme } of modules) {
  if (readme !== undefined) addReadme(project.getChildByName([name]), readme);
}
app.validate(project);
rmSync(out, { recursive: true, force: true });
await app.generateDocs(project, out);

problems.push(...undocumented(project), ...deadLinks(out));
for (const problem of problems) console.error(problem);
const hasFailed = problems.length > 0 || app.logger.hasErrors() || app.logger.hasWarnings();
console.log(hasFailed ? "The site has problems." : `The site is in ${out}.`);
process.exit(hasFailed ? 1 : 0);

function mend(content, file) {
  const ofTheSite = new Set([opening, ...pages, ...readmes]);
  problems.push(...mendLinks(content, { file, files: app.files, pages: ofTheSite, root }));
}

/** A page is called by its heading rather than by its file. */
function takeTitle(page) {
  const [first] = page.content;
  const heading = /^# (.*)\n/.exec(first.text);
  if (heading === null) return;
  page.name = heading[1];
  first.text = first.text.slice(heading[0].length);
}

/** A module's page opens with its package's README. */
function addReadme(module, readme) {
  const file = new MinimalSourceFile(readFileSync(readme, "utf8"), readme);
  const { content } = app.converter.parseRawComment(file, app.files);
  mend(content, readme);
  module.readme = content;
  app.files.registerReflectionPath(normalizePath(readme), module);
}

/** One line for each public name that has no comment. */
function undocumented({ children }) {
  const names = children.flatMap((module) => module.children ?? []).filter((name) => !name.isReference());
  const isSilent = (name) => ![name, ...(name.signatures ?? [])].some((one) => one.hasComment(true));
  return names.filter(isSilent).map((name) => `${name.getFullName()}: a public name without a doc comment`);
}
