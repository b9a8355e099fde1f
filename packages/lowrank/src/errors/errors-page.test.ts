// docs/errors.md is made of the error classes: `npx vitest run --project unit errors-page -u` writes it again.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

const intro = `# Errors

Every package throws \`LowrankError\` or a class that extends it. \`error.code\` is stable, so programs compare it and never parse a
message. \`LowrankError.isInstance(error)\` works across copies of the packages. "…" is a value of the case.

| code | class | package | cause | remedy |
|---|---|---|---|---|`;

const root = join(import.meta.dirname, "../../..");
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => /^[^/]+\/src\/.*\.ts$/.test(path) && !/test|\/cli\//.test(path))
  .map((path) => ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.Latest, true));

function all<Kind extends ts.Node>(node: ts.Node, isKind: (one: ts.Node) => one is Kind): readonly Kind[] {
  const inside: Kind[] = isKind(node) ? [node] : [];
  node.forEachChild((child) => void inside.push(...all(child, isKind)));
  return inside;
}

/** A message with "…" for each value. Constants are those of the function that makes it. */
function textOf(node: ts.Node | undefined): string {
  if (node === undefined) return "";
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.templateSpans.reduce((text, { literal }) => `${text}…${literal.text}`, node.head.text);
  if (ts.isBinaryExpression(node)) return textOf(node.left) + textOf(node.right);
  if (ts.isConditionalExpression(node)) return textOf(node.whenFalse);
  const body = ts.isIdentifier(node) ? ts.findAncestor(node, ts.isFunctionLike) : undefined;
  const constants = body === undefined ? [] : all(body, ts.isVariableDeclaration);
  const found = constants.filter(({ name, pos }) => name.getText() === node.getText() && pos < node.pos);
  return textOf(found.at(-1)?.initializer);
}

/** The first sentence is the cause, the others are the remedy. */
function sentences(text: string): readonly [string, string] {
  const [, cause = text, remedy = ""] = /^(.*?\.) (?=["A-Z`])(.*)$/.exec(text) ?? [];
  return [cause, remedy];
}

const classes = new Map(
  files.flatMap((file) => all(file, ts.isClassDeclaration)).map((one) => [one.name?.text ?? "", one]),
);
const isMaking = (node: ts.Node): node is ts.CallExpression | ts.NewExpression =>
  (ts.isCallExpression(node) && /^(super|failure|namingFailure)$/.test(node.expression.getText())) ||
  (ts.isNewExpression(node) && classes.has(node.expression.getText()));
const isCode = (node: ts.Node) =>
  ts.isStringLiteral(node) && /^([A-Z][A-Z_0-9]{3,}|([A-Z][a-z]+){2,})$/.test(node.text);

function rowsOf(making: ts.CallExpression | ts.NewExpression): readonly string[] {
  const given = making.arguments ?? [];
  const place = given.findIndex(isCode);
  const code = textOf(given[place]);
  const made = making.expression.getText();
  const owner = made === "super" ? ts.findAncestor(making, ts.isClassDeclaration) : classes.get(made);
  const [comment] = owner === undefined ? [] : ts.getJSDocCommentsAndTags(owner).filter(ts.isJSDoc);
  const ofClass = sentences((ts.getTextOfJSDocComment(comment?.comment) ?? "").replaceAll("\n", " "));
  const own = sentences(textOf(given[place + 1]).replaceAll("\n", " "));
  const isOwn = (made !== "super" || ofClass[1] === "") && own[0].split(/[^a-z]+/i).length > 3;
  const [cause, remedy] = isOwn ? [own[0], own[1] || ofClass[1]] : ofClass;
  const name = making.getSourceFile().fileName.split("/")[0] ?? "";
  const cells = [`\`${code}\``, owner?.name?.text ?? "LowrankError", name, cause, remedy || "as the message says"];
  return place === -1 ? [] : [`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`];
}

it("has a page with every error", async () => {
  const rows = files.flatMap((file) => all(file, isMaking).flatMap(rowsOf));
  const byCode = new Map(rows.reverse().map((row) => [row.split(" | ", 2).join(), row]));
  const page = [intro, ...[...byCode.values()].sort()].join("\n");
  await expect(`${page}\n`).toMatchFileSnapshot("../../../../docs/errors.md");
});
