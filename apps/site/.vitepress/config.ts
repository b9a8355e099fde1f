// The site of the repository's Markdown files, in place: srcDir is the repository, and src/sections.ts the navigation.

import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type DefaultTheme, defineConfig } from "vitepress";
import { anchorOf, linkToPages } from "../src/links.ts";
import { excludedPatterns, isApi, type Page, readPages } from "../src/pages.ts";
import { base, manifest, outFolder, repository, root, siteOrigin } from "../src/places.ts";
import { type Section, sections } from "../src/sections.ts";

const pages = readPages();
const paths = new Map(pages.map(({ file, path }) => [file, path]));
const icon = `data:image/svg+xml;base64,${readFileSync(join(root, "apps/studio/public/icon.svg"), "base64")}`;

export default defineConfig({
  title: "lowrank",
  lang: "en",
  description: manifest.description,
  base,
  head: [
    ["link", { rel: "icon", href: icon }],
    ["script", { type: "module", src: `${base}studio/lowrank-studio.js` }],
  ],
  srcDir: root,
  srcExclude: [...excludedPatterns()],
  outDir: outFolder,
  rewrites: Object.fromEntries(paths),
  cleanUrls: true,
  vue: { template: { compilerOptions: { isCustomElement: (tag) => tag === "lowrank-studio" } } },
  // While somebody writes: else Vite looks for dependencies of every page of HTML in the repository.
  vite: { optimizeDeps: { entries: [] } },
  markdown: {
    anchor: { slugify: anchorOf },
    config: (markdown) => {
      linkToPages(markdown, paths);
      // Vue would compute what is in {{ }}.
      markdown.renderer.rules.code_inline = (tokens, index) =>
        `<code v-pre>${markdown.utils.escapeHtml(tokens[index]?.content ?? "")}</code>`;
    },
  },
  // API pages are made from sources: there is no file to edit.
  transformPageData: ({ filePath, frontmatter }) =>
    isApi(filePath) ? { frontmatter: { ...frontmatter, editLink: false } } : undefined,
  transformHtml: (html, _, { page }) =>
    page.endsWith(".ko.md") ? html.replace('<html lang="en"', '<html lang="ko"') : undefined,
  sitemap: { hostname: siteOrigin + base },
  themeConfig: {
    logo: icon,
    nav: [
      ...sections.map(({ title }) => ({
        text: title,
        link: linkTo(pages.find(({ section }) => section === title)),
        activeMatch: title === "Start" ? "^/(start/|$)" : `^/${title.toLowerCase()}/`,
      })),
      { text: "Studio", link: "/studio/", target: "_self" },
      { text: `v${manifest.version}`, link: `${repository}/releases` },
    ],
    sidebar: Object.fromEntries(sections.map((section) => [folderOf(section), sidebarOf(section)])),
    outline: [2, 3],
    search: {
      provider: "local",
      options: {
        // Of API pages the search knows names, and shows them below prose: with their texts the index would be several times as large.
        _render: (source, env, markdown) =>
          markdown.renderAsync(isApi(relative(root, env.path)) ? headingsOf(source) : source, env),
        miniSearch: { searchOptions: { boostDocument: (id: string) => (/\/api\/|readme\.ko/.test(id) ? 0.3 : 1) } },
      },
    },
    notFound: {
      quote: "The page has moved, or it was never here. The search may find it.",
      linkText: "Go to the start",
    },
    editLink: { pattern: `${repository}/edit/main/:path`, text: "Edit this page" },
    socialLinks: [{ icon: "github", link: repository }],
  },
});

/** The start of its pages' addresses. The first section has the page that opens the site. */
function folderOf({ title }: Section): string {
  return title === "Start" ? "/" : `/${title.toLowerCase()}/`;
}

function linkTo(page: Page | undefined): string {
  return `/${page?.path.replace(/(index)?\.md$/, "") ?? ""}`;
}

function sidebarOf({ title, groups }: Section): DefaultTheme.SidebarItem[] {
  return Object.keys(groups).map((group) => ({
    text: group || title,
    ...(["API", "Decisions"].includes(group) ? { collapsed: true } : {}),
    items: pages
      .filter((page) => page.section === title && page.group === group)
      .map((page) => ({ text: page.title, link: linkTo(page) })),
  }));
}

function headingsOf(markdown: string): string {
  return markdown.match(/^#{1,3} .+$/gm)?.join("\n\n") ?? "";
}
