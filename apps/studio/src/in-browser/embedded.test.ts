// The program for web pages, and the studio in a frame, on a page of another origin than the studio's.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { executable } from "../../test/browser.ts";
import type { BuiltStudio } from "../../test/built-studio.ts";
import { someFiles } from "../../test/some-adapter.ts";
import { tinyWorkerState } from "../../test/tiny-worker-state.ts";
import { withStudio } from "../../test/with-studio.ts";
import { snippetsFor } from "../snippets/snippets.ts";

const guide = new URL("../../../../docs/guides/fine-tune-in-the-browser.md", import.meta.url);

describe.skipIf(executable === undefined)("a page of one's own", { timeout: 120_000 }, () => {
  let studio: BuiltStudio;

  withStudio((opened) => {
    studio = opened;
  });

  it("has an adapter that answers what it answers in Node, with the library and the tiny model from the studio's address", async () => {
    const state = await tinyWorkerState();
    const files = await someFiles(state, { name: "spoken", seed: 1, alpha: 1 });
    const about = { folder: "spoken", model: "Tiny", address: "@lowrank/tiny-model", chats: false };
    const question = "name[Aromi], food[French] <b>";
    const snippets = snippetsFor("peft", { ...about, question, studio: studio.address });
    const html = snippets.find(({ language }) => language === "web")?.text ?? "";
    const { address, close } = await serve(
      new Map([["/", html], ...[...files].map(([name, content]) => [`/spoken/${name}`, content] as const)]),
    );
    const page = await (await studio.browser.newContext()).newPage();
    await page.goto(address);
    const said = page.locator("p");
    await expect.poll(() => said.textContent(), { timeout: 60_000 }).not.toBe("Loading…");
    const { opened } = state.loaded;
    await opened.attach([...files].map(([name, content]) => new File([content as BlobPart], name)));
    expect(await said.textContent()).toBe(await opened.generate(`${question} ->`));
    await page.context().close();
    close();
    opened.dispose();
  });

  it("shows the studio by the guide's element, with the example, language and height of its attributes", async () => {
    const [, program = ""] = /```html\n(<script[^`]*lowrank-studio[^`]*)```/.exec(readFileSync(guide, "utf8")) ?? [];
    const html = program
      .replace("https://lowrank.github.io/lowrank/studio/", studio.address)
      .replace(/preset=.*height="900"/, 'preset="restaurants" lang="ko" height="640"');
    const { address, close } = await serve(new Map([["/", html]]));
    const page = await (await studio.browser.newContext()).newPage();
    await page.goto(address);
    const frame = page.frameLocator("lowrank-studio iframe");
    await frame.getByText(/준비됐어요/).waitFor({ timeout: 60_000 });
    expect(await frame.locator("#presets input:checked").getAttribute("value")).toBe("restaurants");
    expect((await page.locator("lowrank-studio iframe").boundingBox())?.height).toBe(640);
    await page.context().close();
    close();
  });
});

/** A server of a few files. */
async function serve(files: ReadonlyMap<string, string | Uint8Array>) {
  const server = createServer(({ url = "" }, response) => {
    response.statusCode = files.has(url) ? 200 : 404;
    if (url === "/") response.setHeader("Content-Type", "text/html");
    response.end(files.get(url));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}
