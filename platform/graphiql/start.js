// Starts GraphiQL against this server's own /graphql. Tokens typed into its headers are not kept.
"use strict";

const welcome = `# 登录后把令牌填入下方 Headers；左上角的书本打开文档。
# After signing in, put the token into Headers below:
#   {"Authorization": "Bearer …"}
# The book at the top left opens the documentation.

{
  __typename
}
`;

const fetcher = GraphiQL.createFetcher({
  url: "/graphql",
  headers: { accept: "application/graphql-response+json, application/json;q=0.9" },
});

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultQuery: welcome,
    defaultEditorToolsVisibility: "headers",
    shouldPersistHeaders: false,
    inputValueDeprecation: true,
    schemaDescription: true,
  }),
);
