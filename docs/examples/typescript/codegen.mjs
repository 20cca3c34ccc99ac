// Writes src/xingji.ts, the typed operations, from the schema and ../operations. An operation that does not fit the schema stops it.
import { codegen } from "@graphql-codegen/core";
import * as documents from "@graphql-codegen/typed-document-node";
import * as operations from "@graphql-codegen/typescript-operations";
import { buildSchema, concatAST, parse, validate } from "graphql";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const folder = new URL("../operations/", import.meta.url);
const text = readFileSync(new URL("../../../graphql_schema/schema.graphql", import.meta.url), "utf8");
const found = readdirSync(folder)
  .filter((name) => name.endsWith(".graphql"))
  .sort()
  .map((name) => ({ location: name, document: parse(readFileSync(new URL(name, folder), "utf8")) }));

const problems = validate(buildSchema(text), concatAST(found.map((one) => one.document)));
if (problems.length > 0) {
  console.error(problems.map(String).join("\n\n"));
  process.exit(1);
}
const scalar = { input: "string", output: "string" };
const number = { input: "number", output: "number" };
const written = await codegen({
  filename: "xingji.ts",
  schema: parse(text),
  documents: found,
  config: {
    scalars: { ID: scalar, Date: scalar, DateTime: scalar, Hex: scalar, Level: scalar, SafeInt: number, StandardPart: scalar, UUID: scalar },
    enumsAsTypes: true,
    useTypeImports: true,
  },
  plugins: [{ operations: {} }, { documents: {} }],
  pluginMap: { operations, documents },
});
writeFileSync(new URL("src/xingji.ts", import.meta.url), written);
