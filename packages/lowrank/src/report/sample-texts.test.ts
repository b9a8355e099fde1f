import { fileURLToPath } from "node:url";
import type { TextTokenizer } from "@lowrank/data";
import { expect, it } from "vitest";
import { openModel } from "../index.ts";
import { sampleTexts } from "./sample-texts.ts";

it("ends before a character of which only the first bytes were generated", async () => {
  const path = fileURLToPath(new URL("../../../../fixtures/peft/gpt2/base", import.meta.url));
  const model = await openModel(path, { engine: false });
  // Every token is "é", and the last one only its first byte.
  const decode = (ids: readonly number[]) => `\ufffd${"é".repeat(ids.length - 1)}\ufffd`;
  const tokenizer = { decode, targetPrefixIds: [] } as unknown as TextTokenizer;
  const row = { kind: "sequence", inputIds: [1, 2, 3], labels: [-100, -100, 3] } as const;
  const [sample] = await sampleTexts({ opened: model.opened, tokenizer, maxSeconds: 10 }, [row]);
  expect(sample?.before).toMatch(/^\ufffdé+$/);
  expect(sample?.after).toMatch(/^\ufffdé+$/);
  model.dispose();
});
