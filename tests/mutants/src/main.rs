//! Writes all mutants of a list into one copy of the sources, each behind a switch of its own (mutant schemata).
//!
//! `sandtill-mutants LIST TREE DROPPED`: LIST is a file with the output of `cargo mutants --list --json`, TREE the
//! copy, DROPPED a file with the numbers of mutants (places in LIST) that are left out because they do not compile.
//! Prints the numbers that it has placed. What it does not place: changes of constants and `const fn`, which are
//! worked out before there is a switch; `&&` with `let`; results of functions that return `impl Trait`, but for
//! the empty iterator.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::{env, fs};

use serde_json::Value;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// Line and column, both from 1.
type Place = (usize, usize);

/// Numbers, each with its replacement.
type Mutants = Vec<(usize, String)>;

/// What one or more mutants change, by bytes of the file.
enum Change {
    /// The operands; the operator is between them.
    Binary(Range<usize>, Range<usize>),
    /// The operand.
    Unary(Range<usize>),
    /// The statements of a function start here.
    Body,
    /// The statements of a function that returns an iterator.
    Iterator,
    Guard {
        deletions: Mutants,
    },
    Arm,
    /// Per field (in the order of the mutants), its bytes with its comma.
    Fields(Vec<Range<usize>>),
}

struct Node {
    bytes: Range<usize>,
    change: Change,
    mutants: Mutants,
}

struct Finder<'a> {
    source: &'a str,
    wanted: BTreeMap<(&'a str, Place), Mutants>,
    nodes: Vec<Node>,
}

fn place(span: proc_macro2::Span) -> Place {
    let start = span.start();
    (start.line, start.column + 1)
}

fn is_let(expr: &syn::Expr) -> bool {
    match expr {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(it) => is_let(&it.left) || is_let(&it.right),
        _ => false,
    }
}

impl Finder<'_> {
    fn take(&mut self, genre: &'static str, span: proc_macro2::Span) -> Mutants {
        self.wanted.remove(&(genre, place(span))).unwrap_or_default()
    }

    fn push(&mut self, bytes: Range<usize>, change: Change, mutants: Mutants) {
        if !mutants.is_empty() {
            self.nodes.push(Node { bytes, change, mutants });
        }
    }

    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let Some(first) = block.stmts.first() else { return };
        let mutants = self.take("FnValue", first.span());
        let span = block.span().byte_range();
        let output = &self.source[signature.output.span().byte_range()];
        if output.contains("impl ") {
            let body = &self.source[span.clone()];
            if !body.contains("return") && !body.contains('?') {
                let empty = mutants.into_iter().filter(|it| it.1.ends_with("iter::empty()"));
                self.push(span.start + 1..span.end - 1, Change::Iterator, empty.collect());
            }
        } else {
            self.push(span.start + 1..span.start + 1, Change::Body, mutants);
        }
    }
}

impl<'a> Visit<'a> for Finder<'_> {
    fn visit_item_fn(&mut self, it: &'a syn::ItemFn) {
        if it.sig.constness.is_none() {
            self.function(&it.sig, &it.block);
            visit::visit_item_fn(self, it);
        }
    }

    fn visit_impl_item_fn(&mut self, it: &'a syn::ImplItemFn) {
        if it.sig.constness.is_none() {
            self.function(&it.sig, &it.block);
            visit::visit_impl_item_fn(self, it);
        }
    }

    fn visit_trait_item_fn(&mut self, it: &'a syn::TraitItemFn) {
        if let Some(block) = &it.default {
            self.function(&it.sig, block);
        }
        visit::visit_trait_item_fn(self, it);
    }

    // Constants, statics and const functions are worked out by the compiler, before there is a switch.
    fn visit_item_const(&mut self, _: &'a syn::ItemConst) {}
    fn visit_impl_item_const(&mut self, _: &'a syn::ImplItemConst) {}
    fn visit_item_static(&mut self, _: &'a syn::ItemStatic) {}
    fn visit_type(&mut self, _: &'a syn::Type) {}

    fn visit_expr_binary(&mut self, it: &'a syn::ExprBinary) {
        let mutants = self.take("BinaryOperator", it.op.span());
        if !is_let(&it.left) && !is_let(&it.right) {
            let change = Change::Binary(it.left.span().byte_range(), it.right.span().byte_range());
            self.push(it.span().byte_range(), change, mutants);
        }
        visit::visit_expr_binary(self, it);
    }

    fn visit_expr_unary(&mut self, it: &'a syn::ExprUnary) {
        let mutants = self.take("UnaryOperator", it.op.span());
        self.push(it.span().byte_range(), Change::Unary(it.expr.span().byte_range()), mutants);
        visit::visit_expr_unary(self, it);
    }

    fn visit_arm(&mut self, it: &'a syn::Arm) {
        let deletions = self.take("MatchArm", it.pat.span());
        if let Some((_, guard)) = &it.guard {
            let mutants = self.take("MatchArmGuard", guard.span());
            if !(mutants.is_empty() && deletions.is_empty()) {
                let change = Change::Guard { deletions };
                self.nodes.push(Node { bytes: guard.span().byte_range(), change, mutants });
            }
        } else {
            let end = it.pat.span().byte_range().end;
            self.push(end..end, Change::Arm, deletions);
        }
        visit::visit_arm(self, it);
    }

    fn visit_expr_struct(&mut self, it: &'a syn::ExprStruct) {
        let (mut mutants, mut fields) = (Vec::new(), Vec::new());
        for pair in it.fields.pairs() {
            for mutant in self.take("StructField", pair.value().span()) {
                let bytes = pair.value().span().byte_range();
                let comma = pair.punct().map_or(bytes.end, |it| it.span().byte_range().end);
                fields.push(bytes.start..comma);
                mutants.push(mutant);
            }
        }
        self.push(it.span().byte_range(), Change::Fields(fields), mutants);
        visit::visit_expr_struct(self, it);
    }
}

struct Writer<'a> {
    source: &'a str,
    nodes: &'a [Node],
}

impl Writer<'_> {
    /// The bytes with all changes in them, of nodes from `first` on.
    fn text(&self, bytes: Range<usize>, first: usize) -> String {
        let (mut out, mut at) = (String::new(), bytes.start);
        for (index, node) in self.nodes.iter().enumerate().skip(first) {
            if node.bytes.start < at || node.bytes.end > bytes.end {
                continue;
            }
            out += &self.source[at..node.bytes.start];
            out += &self.node(node, index + 1);
            at = node.bytes.end;
        }
        out + &self.source[at..bytes.end]
    }

    fn node(&self, node: &Node, next: usize) -> String {
        let switched = |mutants: &Mutants, with: &dyn Fn(usize, &str) -> String| -> String {
            let one = |(at, (id, new)): (usize, &(usize, String))| {
                format!("if crate::mutant({id}) {{ {} }}", with(at, new))
            };
            mutants.iter().enumerate().map(one).collect::<Vec<_>>().join("\nelse ")
        };
        let old = |bytes: &Range<usize>| &self.source[bytes.clone()];
        let inner = || self.text(node.bytes.clone(), next);
        let either = |with: &dyn Fn(usize, &str) -> String, otherwise: &str| {
            format!("(\n{}\nelse {{\n{otherwise} }}\n)", switched(&node.mutants, with))
        };
        match &node.change {
            Change::Binary(left, right) => either(
                &|_, new| format!("({} {new} {})", old(left), old(right)),
                &format!("({})", inner()),
            ),
            Change::Unary(operand) => either(&|_, _| format!("({})", old(operand)), &inner()),
            Change::Body => {
                format!("\n{}\n", switched(&node.mutants, &|_, new| format!("return {new};")))
            }
            Change::Iterator => {
                let (id, _) = node.mutants[0];
                let inner = inner();
                format!(
                    "\n(if crate::mutant({id}) {{ None }} else {{\nSome({{ {inner} }}) }}).into_iter().flatten()\n"
                )
            }
            Change::Guard { deletions } => {
                let guard = if node.mutants.is_empty() {
                    format!("({})", inner())
                } else {
                    either(&|_, new| new.to_owned(), &inner())
                };
                let gone: String =
                    deletions.iter().map(|it| format!("\n!crate::mutant({})\n&& ", it.0)).collect();
                format!("{gone}{guard}")
            }
            Change::Arm => format!("\nif !crate::mutant({})\n", node.mutants[0].0),
            Change::Fields(fields) => {
                let without = |at: usize, _: &str| {
                    let field = &fields[at];
                    let (before, after) =
                        (node.bytes.start..field.start, field.end..node.bytes.end);
                    format!("{}{}", old(&before), old(&after))
                };
                either(&without, &inner())
            }
        }
    }
}

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let [list, tree, dropped] = &args[..] else { panic!("sandtill-mutants LIST TREE DROPPED") };
    let list: Vec<Value> = serde_json::from_str(&fs::read_to_string(list).unwrap()).unwrap();
    let dropped: BTreeSet<usize> = fs::read_to_string(dropped)
        .unwrap_or_default()
        .split_whitespace()
        .map(|it| it.parse().unwrap())
        .collect();
    let mut files: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (id, mutant) in list.iter().enumerate() {
        files.entry(mutant["file"].as_str().unwrap()).or_default().push(id);
    }
    for (file, ids) in files {
        let path = format!("{tree}/{file}");
        let source = fs::read_to_string(&path).unwrap();
        let ids = ids.into_iter().filter(|id| !dropped.contains(id));
        let mut finder = Finder { source: &source, wanted: wanted(&list, ids), nodes: Vec::new() };
        finder.visit_file(&syn::parse_file(&source).unwrap());
        let mut nodes = finder.nodes;
        // What is around something else comes before it.
        let is_inner = |it: &Node| !matches!(it.change, Change::Guard { .. });
        nodes.sort_by_key(|it| (it.bytes.start, usize::MAX - it.bytes.end, is_inner(it)));
        let text = Writer { source: &source, nodes: &nodes }.text(0..source.len(), 0);
        fs::write(&path, text).unwrap();
        for node in &nodes {
            let deletions = match &node.change {
                Change::Guard { deletions } => deletions.as_slice(),
                _ => &[],
            };
            node.mutants.iter().chain(deletions).for_each(|it| println!("{}", it.0));
        }
    }
}

/// The mutants of a file by genre and place.
fn wanted(list: &[Value], ids: impl Iterator<Item = usize>) -> BTreeMap<(&str, Place), Mutants> {
    let mut wanted: BTreeMap<(&str, Place), Mutants> = BTreeMap::new();
    for id in ids {
        let (mutant, start) = (&list[id], &list[id]["span"]["start"]);
        let at = |key: &str| usize::try_from(start[key].as_u64().unwrap()).unwrap();
        let key = (mutant["genre"].as_str().unwrap(), (at("line"), at("column")));
        let new = mutant["replacement"].as_str().unwrap().to_owned();
        wanted.entry(key).or_default().push((id, new));
    }
    wanted
}
