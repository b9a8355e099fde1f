import { expect, it } from "vitest";
import { basePlace, folderName, snippetsFor } from "./snippets.ts";

it.each([
  ["Pirate voice", "Pirate-voice"],
  ["해적 말투", "해적-말투"],
  ["../../etc/passwd", "etc-passwd"],
  ['a"; rm -rf ~ #', "a-rm-rf"],
  ["...", "adapter"],
  ["x".repeat(300), "x".repeat(60)],
])("makes a folder of %j", (name, folder) => {
  expect(folderName(name)).toBe(folder);
});

it("knows where bases are found: a package, the Hub, or a folder that only its owner knows", () => {
  expect(basePlace({ address: "@lowrank/tiny-model", model: "Tiny" }).name).toBe("package/model");
  expect(basePlace({ address: "owner/name", model: "x" })).toMatchObject({ name: "owner/name", isOnHub: true });
  expect(basePlace({ address: undefined, model: "my model.gguf" }).name).toBe("path/to/my-model.gguf");
  expect(basePlace({ address: "/home/me/base", model: "base" }).isOnHub).toBe(false);
});

it("uses the chat template if the base has one", () => {
  const about = { folder: "pirate", model: "SmolLM2", address: "owner/name", studio: "https://example.org/" };
  for (const form of ["peft", "merged"] as const) {
    const [python, typescript] = snippetsFor(form, { ...about, chats: true });
    expect(python?.text).toContain("apply_chat_template");
    expect(typescript?.text).toContain('template: "chat"');
    const [plain] = snippetsFor(form, { ...about, chats: false });
    expect(plain?.text).toContain(' ->"');
  }
});

it("asks the person's own question, of which no letter ends a string, a script or a block of Markdown", () => {
  const question = `It's "5 < 6"?</script>\n\`\`\`\n<!--`;
  const about = { folder: "f", model: "m", address: "o/n", chats: true, question, studio: "https://example.org/" };
  for (const { language, text } of snippetsFor("peft", about)) {
    if (language === "web") expect(text.match(/<\/script|<!--/g)).toEqual(["<!--", "</script"]);
    expect(text).not.toMatch(/^```/m);
    expect(text).toContain("5 ");
  }
});
