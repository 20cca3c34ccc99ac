"""`xingji documents`: the file of trusted documents, made of a client's `.graphql` files and checked against this schema."""

import argparse
import json
import sys
from pathlib import Path

from graphql import GraphQLSchema

from graphql_schema.limits import Limits
from graphql_schema.mutations import Mutation
from graphql_schema.queries import Query
from graphql_schema.schema import build_schema
from graphql_schema.subscriptions import Subscription
from xingji.commands import Commands
from xingji.documents import check_documents, collect_documents, read_manifest
from xingji.settings import Settings


def add_parser(commands: Commands) -> None:
    """Add `documents build|check`."""
    text = "登记在册的查询文本 · trusted documents"
    parser = commands.add_parser("documents", help=text, description=text)
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    text = "由 .graphql 文件生成登记文件，输出到标准输出 · make the file of a folder's .graphql files, on standard output"
    build = actions.add_parser("build", help=text, description=text)
    build.add_argument("folder", metavar="FOLDER", type=Path)
    build.set_defaults(run=run_build)
    text = "检查登记文件 · check a file against this schema"
    check = actions.add_parser("check", help=text, description=text)
    check.add_argument("file", metavar="FILE", type=Path)
    check.set_defaults(run=run_check)


def run_build(arguments: argparse.Namespace, _settings: Settings) -> int:
    """Print the object; a file that the schema refuses is named instead."""
    found = collect_documents(arguments.folder, _schema(), Limits())
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    return 0


def run_check(arguments: argparse.Namespace, _settings: Settings) -> int:
    """Say how many hold; the first that does not is named instead."""
    texts = read_manifest(arguments.file)
    check_documents(_schema(), Limits(), texts)
    print(f"{len(texts)} 份查询文本有效 documents hold")
    return 0


def _schema() -> GraphQLSchema:
    schema: GraphQLSchema = build_schema(Query, Mutation, Subscription)._schema
    return schema
