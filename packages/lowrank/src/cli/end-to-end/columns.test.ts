import { describe, expect, it } from "vitest";
import { copyWithTokenizer, makeWorkspace, shell } from "./workspace.ts";

const work = makeWorkspace();
copyWithTokenizer(work.path("base"), ["[UNK]", "fine", "film", "dull"]);

describe("--header", () => {
  it("names the columns of a table whose first line is a row, as SST-2's", async () => {
    const data = work.write("sst2.tsv", "fine film\t1\ndull film\t0\n");
    const shared = ["--model", work.path("base"), "--data", data, "--header", "sentence,label"];
    const trained = await work.call("train", ...shared, "--out", work.path("out"), "--steps", "1");
    expect(trained).toMatchObject({ code: 0, stdout: expect.stringContaining("2 rows;") });
    const command = `try: lowrank evaluate --adapter ${work.path("out")} --data`;
    expect(trained.stdout).toContain(`${command} …  (rows that it was not trained on)\n`);
    const held = work.write("held.tsv", "fine film\t1\ndull film\t0\n");
    const measured = shell`${shared} --out ${work.path("held")} --steps 1 --validation ${held} --best-by loss`;
    const validated = await work.call("train", ...measured);
    expect(validated.stdout).toContain(`${command.replace(work.path("out"), work.path("held"))} ${held}\n`);
    const evaluated = await work.call("evaluate", ...shared, "--adapter", work.path("out"), "--json");
    expect(evaluated.json).toMatchObject([{ rows: 2 }]);
  });

  it("is refused with a file whose rows name their own", async () => {
    const call = await work.call("evaluate", "--model", "m", "--data", "rows.jsonl", "--header", "text");
    expect(call).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is for .csv and .tsv files. In "rows.jsonl"'),
    });
  });
});

it("unread columns are reported once for all files, and a moving average is called one", async () => {
  const data = work.write("more.csv", "id,sentence,label,source\n1,fine film,1,a\n2,dull film,0,b\n");
  const shared = ["--model", work.path("base"), "--data", data, "--validation", data];
  const trained = await work.call("train", ...shared, "--out", work.path("more"), "--steps", "1");
  expect(trained).toMatchObject({ code: 0 });
  expect(trained.stderr.match(/ignored columns: .*/g)).toEqual(["ignored columns: id, source"]);
  expect(trained.stderr.match(/The loss below is a moving average/g)).toHaveLength(1);
});
