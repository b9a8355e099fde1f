import { describe, expect, it } from "vitest";
import { baseName, parseHubName, pathInRepository } from "./hub-name.ts";

describe("a name on the Hub", () => {
  it.each([
    ["owner/name", { repository: "owner/name", folder: "", revision: "main" }],
    ["gpt2", { repository: "openai-community/gpt2", folder: "", revision: "main" }],
    ["t5-small@v1", { repository: "google-t5/t5-small", folder: "", revision: "v1" }],
    ["bert-base-uncased", { repository: "google-bert/bert-base-uncased", folder: "", revision: "main" }],
    ["owner/name@v1.0", { repository: "owner/name", folder: "", revision: "v1.0" }],
    ["owner/name@refs/pr/3", { repository: "owner/name", folder: "", revision: "refs/pr/3" }],
    ["owner/name/runs/checkpoint-5", { repository: "owner/name", folder: "runs/checkpoint-5", revision: "main" }],
    ["owner/name/a-Q4_0.gguf", { repository: "owner/name", folder: "", file: "a-Q4_0.gguf", revision: "main" }],
    ["o/n/style.safetensors", { repository: "o/n", folder: "", file: "style.safetensors", revision: "main" }],
    ["o/n/Q4/a.gguf@dev", { repository: "o/n", folder: "Q4", file: "a.gguf", revision: "dev" }],
  ])("is taken apart: %s", (text, parts) => {
    expect(parseHubName(text)).toEqual(parts);
  });

  it.each([
    "name",
    "gpt2-mine",
    "./owner/name",
    "../name",
    "owner/name/../other",
    "/owner/name",
    "owner/name@../x",
    "C:\\a\\b",
    "",
  ])("is none: %s", (text) => {
    expect(parseHubName(text)).toBeUndefined();
  });

  it("is written without its revision, which is another field", () => {
    expect(baseName("owner/name@v1")).toEqual({ name: "owner/name", revision: "v1" });
    expect(baseName("./me@home/model")).toEqual({ name: "./me@home/model" });
    expect(baseName("owner/name")).toEqual({ name: "owner/name" });
  });

  it("has the address of a file in its folder", () => {
    expect(pathInRepository({ folder: "" }, "config.json")).toBe("config.json");
    expect(pathInRepository({ folder: "a/b" }, "config.json")).toBe("a/b/config.json");
  });
});
