"""Templates whose fixed parts are drawn once per language, not once per page.

Most of a page never changes: its words in one language, its icons, the addresses of its links and files. Where a
template is first used in a language, each tag that depends on nothing else is replaced by the text that it draws, and
neighbouring texts become one. What depends on the reader, the clock or the data stays as it is.
"""

from collections.abc import Iterable

from django.template import Context, Template
from django.template.base import FilterExpression, Node, NodeList, Origin, TextNode, TokenType, Variable
from django.template.defaulttags import CommentNode, ForNode, IfNode, LoadNode, URLNode, WithNode
from django.template.library import SimpleBlockNode, SimpleNode
from django.template.loader_tags import BlockNode, ExtendsNode
from django.template.loaders.base import Loader as BaseLoader
from django.template.loaders.cached import Loader as CachedLoader
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.templatetags.static import StaticNode
from django.utils.translation import get_language


class FoldingLoader(BaseLoader):
    """Folds every template when it is read."""

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        """The folded template, in the language that is spoken. Raises ``TemplateDoesNotExist``."""
        template = super().get_template(template_name, skip)
        fold(template)
        return template


class Loader(CachedLoader, FoldingLoader):
    """Keeps each template once per language."""

    def cache_key(self, template_name: str, skip: list[Origin] | None = None) -> str:
        """Name and language of what is kept."""
        return f"{get_language()} {super().cache_key(template_name, skip)}"


def fold(template: Template) -> None:
    """Draw what is fixed in a template, here and now. It keeps its meaning in the language that is spoken, no other."""
    context = Context()
    with context.bind_template(template):
        _fold(template.nodelist, context)


def _fold(nodes: NodeList, context: Context) -> None:
    for node in nodes:
        for part in _parts(node):
            _fold(part, context)
    nodes[:] = _joined(_drawn(node, context) for node in nodes)


def _parts(node: Node) -> list[NodeList]:
    """What a block encloses. Those that change the language or the escaping of what is in them stay as they are."""
    match node:
        case IfNode():
            return [part for _, part in node.conditions_nodelists]
        case ForNode():
            return [part for part in (node.nodelist_loop, node.nodelist_empty) if isinstance(part, NodeList)]
        case ExtendsNode() | BlockNode() | WithNode() | SimpleBlockNode():
            return [node.nodelist]
    return []


def _drawn(node: Node, context: Context) -> Node:
    return TextNode(str(node.render_annotated(context))) if is_fixed(node) else node


def _joined(nodes: Iterable[Node]) -> list[Node]:
    joined: list[Node] = []
    for node in nodes:
        last = joined[-1] if joined else None
        if isinstance(node, TextNode) and isinstance(last, TextNode):
            joined[-1] = TextNode(last.s + node.s)
        else:
            joined.append(node)
    return [node for node in joined if not isinstance(node, TextNode) or node.s]


def is_fixed(node: Node) -> bool:
    """Whether a tag draws the same on every page in one language and leaves nothing behind for those after it."""
    match node:
        case LoadNode() | CommentNode():
            return True
        case TranslateNode():
            return not node.asvar and _are_fixed(node.filter_expression, node.message_context)
        case BlockTranslateNode():
            parts = [*node.singular, *(node.plural or ())]
            plain = all(part.token_type == TokenType.TEXT for part in parts)
            return plain and not (node.asvar or node.extra_context or node.counter) and _are_fixed(node.message_context)
        case StaticNode():
            return not node.varname and _are_fixed(node.path)
        case URLNode():
            return not (node.asvar or node.args or node.kwargs) and _are_fixed(node.view_name)
        case SimpleNode():
            # What is kept by its arguments depends on nothing else.
            keeps = hasattr(node.func, "cache_info") and not node.takes_context
            return keeps and node.target_var is None and _are_fixed(*node.args, *node.kwargs.values())
    return False


def _are_fixed(*values: FilterExpression | None) -> bool:
    return all(value is None or not value.filters and _is_literal(value.var) for value in values)


def _is_literal(value: object) -> bool:
    return not isinstance(value, Variable) or value.lookups is None
