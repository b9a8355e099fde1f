// The field response_format of a chat request: plain text, a JSON object, or JSON of a schema (structured outputs).

import { describeValue, isObject } from "@lowrank/contracts/internal";
import type { WriteOptions } from "../served-model.ts";
import type { Fields } from "./fields.ts";

/** The form of an answer. */
export type TextFormat = Pick<WriteOptions<unknown>, "schema" | "json">;

/** The model checks the schema, with or without `strict`. */
export function responseFormat(fields: Fields): TextFormat {
  const format = fields.raw("response_format");
  const fault = (found: string) => fields.fault("response_format", found) ?? {};
  if (format === undefined) return {};
  if (!isObject(format)) return fault(`${describeValue(format)}; expected an object with a type`);
  if (format.type === "text") return {};
  if (format.type === "json_object") return { json: true };
  if (format.type !== "json_schema")
    return fault(`type ${describeValue(format.type)}; expected text, json_object or json_schema`);
  const { json_schema: given } = format;
  if (!isObject(given) || typeof given.name !== "string" || !isObject(given.schema))
    return fault("expected json_schema with a name and a schema");
  return { schema: given.schema };
}
