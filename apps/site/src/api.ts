// The reference of every public name, as Markdown: one page for each path that a program can import. What fails it: a public
// name without a comment, and a {@link} to what is not exported.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  Application,
  Converter,
  DeclarationReflection,
  normalizePath,
  PageEvent,
  type ProjectReflection,
  ReflectionKind,
  SignatureReflection,
} from "typedoc";
import type { PluginOptions } from "typedoc-plugin-markdown";
import { apiFolder, repository, root } from "./places.ts";

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, { readonly "lowrank-source"?: string }>>;
}

/** Writes the pages, and returns one line for each problem. */
export async function writeApi(): Promise<readonly string[]> {
  const modules = publicModules();
  const markdown: PluginOptions = {
    entryFileName: "index",
    excludeScopesInPaths: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useCustomAnchors: true,
    customAnchorsFormat: "curlyBrace",
    sanitizeComments: true,
    useHTMLEncodedBrackets: true,
    expandParameters: true,
    parametersFormat: "table",
    interfacePropertiesFormat: "table",
    classPropertiesFormat: "table",
    typeDeclarationFormat: "table",
    propertyMembersFormat: "table",
    pageTitleTemplates: { index: "API", module: ({ name }) => `API of ${name}` },
  };
  const app = await Application.bootstrapWithPlugins({
    ...markdown,
    name: "lowrank",
    plugin: ["typedoc-plugin-markdown"],
    out: apiFolder,
    router: "module",
    readme: "none",
    entryPoints: [...modules.values()],
    tsconfig: join(root, "tsconfig.base.json"),
    groupOrder: ["Functions", "Classes", "*"],
    skipErrorChecking: true, // npm run typecheck does that
    basePath: root,
    disableGit: true, // the same pages from a clone, a worktree and a tarball
    validation: { notExported: false, invalidLink: true, invalidPath: false }, // paths are checked in the built site
    excludeExternals: true,
    treatWarningsAsErrors: true,
    logLevel: "Warn",
  });
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => shorten(project));
  // "Parameters", "Returns" and other words that come many times on a page are no headings, so that each anchor is of one name.
  app.renderer.on(PageEvent.END, (page) => {
    page.contents = (page.contents ?? "").replace(
      /^#{4,} (?!Constructor$)([A-Z][a-z]+( \w+)*)( \{#.*\})?$/gm,
      "**$1**",
    );
  });
  const entries = app.getEntryPoints() ?? [];
  for (const entry of entries) {
    const file = normalizePath(entry.sourceFile.fileName);
    for (const [name, source] of modules) if (normalizePath(source) === file) entry.displayName = name;
  }
  const project = app.converter.convert(entries);
  app.validate(project);
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings())
    return ["typedoc has reported problems, above", ...undocumented(project)];
  return undocumented(project);
}

/** Leaves out what classes inherit, which their parents' entries have, and links each name, but none of its members, to its source. */
function shorten(project: ProjectReflection): void {
  for (const reflection of project.getReflectionsByKind(ReflectionKind.All)) {
    if (reflection instanceof DeclarationReflection && reflection.inheritedFrom) project.removeReflection(reflection);
    else if (reflection instanceof DeclarationReflection || reflection instanceof SignatureReflection) {
      const name = reflection instanceof SignatureReflection ? reflection.parent : reflection;
      if (!name.parent?.kindOf(ReflectionKind.Module)) delete reflection.sources;
      for (const source of reflection.sources ?? [])
        source.url = `${repository}/blob/main/${source.fileName}#L${source.line}`;
    }
  }
}

/** What a program can import, as the packages' manifests say it: "@lowrank/data/node" and the source that it names. */
function publicModules(): ReadonlyMap<string, string> {
  const modules = new Map<string, string>();
  for (const folder of readdirSync(join(root, "packages")).map((name) => join(root, "packages", name))) {
    const file = join(folder, "package.json");
    if (!existsSync(file)) continue;
    const manifest = JSON.parse(readFileSync(file, "utf8")) as Manifest;
    if (manifest.private) continue;
    for (const [entry, { "lowrank-source": source }] of Object.entries(manifest.exports ?? {})) {
      if (source !== undefined && !entry.includes("/internal"))
        modules.set(join(manifest.name, entry), join(folder, source));
    }
  }
  return modules;
}

/** One line for each public name that has no comment. */
function undocumented({ children = [] }: ProjectReflection): readonly string[] {
  const names = children.flatMap((module) => module.children ?? []).filter((name) => !name.isReference());
  const silent = names.filter((name) => ![name, ...(name.signatures ?? [])].some((one) => one.hasComment()));
  return silent.map((name) => `${name.getFullName()}: a public name without a doc comment`);
}
