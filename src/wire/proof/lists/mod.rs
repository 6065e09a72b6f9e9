//! Prints lists and objects as programming languages do, because clients build the string to sign with what
//! their language makes of a list.

mod print;

/// A way to print lists and objects inside a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray)]
pub enum Lists {
    /// Java: `[a, b]` and `{key=k, value=v}`, key before value.
    Java,
    /// Like `Java`, with the members of objects in the order received.
    JavaAsSent,
    /// `["a","b"]` and `{"key":"k","value":"v"}`, in any language.
    Json,
    /// JSON with a blank after commas and colons: `json.dumps` of Python.
    JsonSpaced,
    /// JSON with `/` as `\/` and non-ASCII characters escaped: `json_encode` of PHP.
    JsonPhp,
    /// JSON with blanks and with non-ASCII characters escaped: `json.dumps` of Python.
    JsonAscii,
    /// JSON on lines, indented by two blanks.
    JsonLines,
    /// JSON on lines, indented by four blanks.
    JsonLines4,
    /// JSON on lines with CRLF, indented by two blanks: `JArray.ToString()` of .NET.
    JsonCrlf,
    /// Java without blanks: `[a,b]` and `{key=k,value=v}`.
    Tight,
    /// `a, b`: joined by comma and blank.
    Bare,
    /// `a,b`: joined by a comma, with objects as JSON.
    Comma,
    /// `a b`: joined by a blank.
    Blank,
    /// `ab`: joined by nothing.
    Joined,
    /// JavaScript: `a,b` and `[object Object]`.
    JavaScript,
    /// Python: `['a', 'b']` and `{'key': 'k', 'value': 'v'}`.
    Python,
    /// Python 2: `[u'a', u'b']`.
    Python2,
    /// PHP: the word `Array`.
    PhpArray,
    /// PHP: `columns[0]=a`, `filters[0][key]=k`, as fields of their own.
    PhpBrackets,
    /// PHP, `http_build_query`: the same with `%5B` and `%5D`.
    PhpBracketsEncoded,
    /// Ruby before 3.4: `["a", "b"]` and `{"key"=>"k", "value"=>"v"}`.
    Ruby,
    /// Ruby before 3.4 with symbols: `{:key=>"k", :value=>"v"}`.
    RubySymbols,
    /// Ruby since 3.4: `{"key" => "k", "value" => "v"}`.
    Ruby34,
    /// Ruby since 3.4 with symbols: `{key: "k", value: "v"}`.
    Ruby34Symbols,
    /// Go, `%v` of a map: `[a b]` and `map[key:k value:v]`.
    Go,
    /// Go, `%v` of a struct: `{k v}`.
    GoStruct,
    /// Go, `%+v` of a struct: `{Key:k Value:v}`.
    GoNamed,
    /// .NET: `System.String[]` and `System.Object[]`.
    DotNetArray,
    /// .NET: `System.Collections.Generic.List…`, of dictionaries.
    DotNetList,
    /// .NET: the same, of objects.
    DotNetObjects,
    /// Kotlin, a data class: `Filter(key=k, value=v)`.
    Kotlin,
    /// Java, a record: `Filter[key=k, value=v]`.
    Record,
    /// Swift: `["key": "k", "value": "v"]`.
    Swift,
}

/// How `Lists` are written: what stands around and between items and members.
pub(super) struct Syntax {
    list: [&'static str; 3],
    object: [&'static str; 3],
    /// Before and after the name of a member.
    name: [&'static str; 2],
    quote: Quote,
}

/// How texts inside of lists are written.
#[derive(Clone, Copy, PartialEq)]
enum Quote {
    Nothing,
    Json,
    JsonAscii,
    JsonPhp,
    /// Single quotes with this before them.
    Python(&'static str),
    /// Not at all, and names of members begin with a capital.
    Capital,
}

const JAVA: Syntax = Syntax {
    list: ["[", ", ", "]"],
    object: ["{", ", ", "}"],
    name: ["", "="],
    quote: Quote::Nothing,
};

const JSON: Syntax = Syntax {
    list: ["[", ",", "]"],
    object: ["{", ",", "}"],
    name: ["\"", "\":"],
    quote: Quote::Json,
};

const SPACED: Syntax =
    Syntax { list: JAVA.list, object: JAVA.object, name: ["\"", "\": "], quote: Quote::Json };

const GO: Syntax = Syntax {
    list: ["[", " ", "]"],
    object: ["map[", " ", "]"],
    name: ["", ":"],
    quote: Quote::Nothing,
};

impl Lists {
    /// What a client does that prints lists so, as a phrase for people.
    pub(super) fn says(self) -> &'static str {
        match self {
            Self::Java | Self::JavaAsSent => "lists are `[a, b]` and `{key=k, value=v}`",
            Self::Json | Self::JsonSpaced | Self::JsonAscii => {
                "lists are spelled as in JSON, not as `[a, b]` and `{key=k, value=v}`"
            }
            Self::JsonPhp => {
                "lists are spelled as in JSON by PHP's `json_encode`, not as `[a, b]` and `{key=k, value=v}`"
            }
            Self::JsonLines | Self::JsonLines4 | Self::JsonCrlf => {
                "lists are spelled as in JSON on several lines, not as `[a, b]` and `{key=k, value=v}`"
            }
            Self::Tight => "there is no blank behind the commas of lists",
            Self::Bare | Self::Comma | Self::Blank | Self::Joined => "lists have no brackets",
            Self::JavaScript => {
                "lists are as JavaScript makes text of them (`a,b`, `[object Object]`), not `[a, b]` and `{key=k, value=v}`"
            }
            Self::Python | Self::Python2 => {
                "lists are as Python prints them (`['a', 'b']`), not `[a, b]` and `{key=k, value=v}`"
            }
            Self::PhpArray => "lists are the word `Array`, as PHP makes text of them, not `[a, b]`",
            Self::PhpBrackets | Self::PhpBracketsEncoded => {
                "lists are fields with brackets, as PHP sends forms (`columns[0]=a`), not `columns=[a, b]`"
            }
            Self::Ruby | Self::RubySymbols | Self::Ruby34 | Self::Ruby34Symbols => {
                "lists are as Ruby prints them (`[\"a\", \"b\"]`), not `[a, b]` and `{key=k, value=v}`"
            }
            Self::Go | Self::GoStruct | Self::GoNamed => {
                "lists are as Go prints them (`[a b]`, `map[key:k value:v]`), not `[a, b]` and `{key=k, value=v}`"
            }
            Self::DotNetArray | Self::DotNetList | Self::DotNetObjects => {
                "lists are the names of .NET types (`System.String[]`), not `[a, b]`"
            }
            Self::Kotlin => {
                "filters are as Kotlin prints a data class (`Filter(key=k, value=v)`), not `{key=k, value=v}`"
            }
            Self::Record => {
                "filters are as Java prints a record (`Filter[key=k, value=v]`), not `{key=k, value=v}`"
            }
            Self::Swift => {
                "lists are as Swift prints them (`[\"a\", \"b\"]`), not `[a, b]` and `{key=k, value=v}`"
            }
        }
    }

    fn syntax(self) -> Syntax {
        let ruby = |name| Syntax { name, ..SPACED };
        match self {
            Self::Java | Self::JavaAsSent => JAVA,
            Self::Json | Self::JsonLines | Self::JsonLines4 | Self::JsonCrlf => JSON,
            Self::JsonSpaced => SPACED,
            Self::JsonPhp => Syntax { quote: Quote::JsonPhp, ..JSON },
            Self::JsonAscii => Syntax { quote: Quote::JsonAscii, ..SPACED },
            Self::Tight => Syntax { list: JSON.list, object: JSON.object, ..JAVA },
            Self::Bare => Syntax { list: ["", ", ", ""], ..JAVA },
            Self::Comma => Syntax { list: ["", ",", ""], ..JSON },
            Self::Blank => Syntax { list: ["", " ", ""], ..JAVA },
            Self::Joined => Syntax { list: ["", "", ""], ..JAVA },
            Self::Python => Syntax { name: ["'", "': "], quote: Quote::Python(""), ..JAVA },
            Self::Python2 => Syntax { name: ["u'", "': "], quote: Quote::Python("u"), ..JAVA },
            Self::Ruby => ruby(["\"", "\"=>"]),
            Self::RubySymbols => ruby([":", "=>"]),
            Self::Ruby34 => ruby(["\"", "\" => "]),
            Self::Ruby34Symbols => ruby(["", ": "]),
            Self::Go => GO,
            Self::GoStruct => Syntax { object: ["{", " ", "}"], ..GO },
            Self::GoNamed => Syntax { object: ["{", " ", "}"], quote: Quote::Capital, ..GO },
            Self::Kotlin => Syntax { object: ["Filter(", ", ", ")"], ..JAVA },
            Self::Record => Syntax { object: ["Filter[", ", ", "]"], ..JAVA },
            Self::Swift => Syntax { object: ["[", ", ", "]"], ..SPACED },
            // Never asked: their lists are words, or fields of their own.
            Self::JavaScript
            | Self::PhpArray
            | Self::PhpBrackets
            | Self::PhpBracketsEncoded
            | Self::DotNetArray
            | Self::DotNetList
            | Self::DotNetObjects => Syntax { list: ["", ",", ""], ..JAVA },
        }
    }
}
