import { vocabularyFiles } from "@lowrank/data/internal";
import { fetchedFolder } from "@lowrank/models/internal";
import { expect, it } from "vitest";

it("lists every file of a tokenizer on a server, so that an export includes them", async () => {
  const answer: typeof fetch = async (input) => {
    return new Response("", { status: vocabularyFiles.some((file) => String(input).endsWith(`/${file}`)) ? 200 : 404 });
  };
  const listed = await fetchedFolder("https://example.org/m", answer).list();
  expect([...listed].sort()).toEqual([...vocabularyFiles].sort());
});
