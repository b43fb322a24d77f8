use ratatui::style::Modifier;

use super::*;

/// A text with the markup that was understood: `<b>`, `<i>`, `<s>`, `<code>`, `<a>`, targets in braces.
fn marked(text: &str) -> String {
    let document = parse(text);
    let lines = document.blocks.iter().map(|block| {
        let mut line = ">".repeat(block.quotes);
        line.push_str(&block.marker);
        if block.kind == Kind::Code {
            return format!("[{}]", block.text.as_str());
        }
        for (piece, face) in block.text.pieces() {
            let mut piece = piece.to_owned();
            for (modifier, tag) in [
                (Modifier::BOLD, "b"),
                (Modifier::ITALIC, "i"),
                (Modifier::CROSSED_OUT, "s"),
            ] {
                if face.emphasis.contains(modifier) {
                    piece = format!("<{tag}>{piece}</{tag}>");
                }
            }
            line += &match face.role {
                Role::Code => format!("<code>{piece}</code>"),
                Role::Link => format!("<a>{piece}</a>"),
                Role::Target => format!("{{{piece}}}"),
                _ => piece,
            };
        }
        line
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn matched_marks_are_taken_out() {
    for (typed, expected) in [
        ("a **bold** word", "a <b>bold</b> word"),
        ("*one* and _two_", "<i>one</i> and <i>two</i>"),
        ("***both***", "<i><b>both</b></i>"),
        ("**a *b* c**", "<b>a </b><i><b>b</b></i><b> c</b>"),
        ("~~gone~~!", "<s>gone</s>!"),
        ("(*a*), \"**b**\"", "(<i>a</i>), \"<b>b</b>\""),
        ("say `a * b *` now", "say <code>a * b *</code> now"),
        ("`` a`b ``", "<code>a`b</code>"),
        ("**`x`**", "<code><b>x</b></code>"),
        ("**:tada: done**", "<b>🎉 done</b>"),
    ] {
        assert_eq!(marked(typed), expected, "{typed}");
    }
}

#[test]
fn chinese_needs_no_blanks_around_emphasis() {
    for (typed, expected) in [
        ("**注意：**请看", "<b>注意：</b>请看"),
        ("他说**“你好”**。", "他说<b>“你好”</b>。"),
        ("中文**加粗**中文", "中文<b>加粗</b>中文"),
        ("看*这里*吧", "看<i>这里</i>吧"),
        ("変数_名_前", "変数_名_前"),
        ("ไทย**หนา**ไทย", "ไทย<b>หนา</b>ไทย"),
    ] {
        assert_eq!(marked(typed), expected, "{typed}");
    }
}

#[test]
fn what_is_no_markup_stays_as_typed() {
    for typed in [
        "snake_case_name",
        "_private and other_name",
        "__init__ and __main__",
        "2*3*4",
        "a * b * c",
        "x**2 + y**2",
        "**kwargs and **args",
        "dir *.* and *.txt,*.rs",
        "rm build/*/tmp *.o",
        "~/x ~~ y",
        "* * *",
        "****",
        "-_- ^_^ *_* >_< o_O",
        "¯\\_(ツ)_/¯",
        "\\*not bold\\*",
        "# no heading",
        "#1 and #2",
        "    indented",
        "---",
        "a\n---\nb",
        "<b>html</b> &lt;",
        "[a]: b",
        "[a](b) [x] f(x)[1]",
        "1 < 2 > 1",
        "12:30:45 fe80::100:1 a:b:c :nothing:",
        "`open",
        "``open`",
        "```",
        "```\nopen",
        "C:\\dir\\*",
        "**a",
        "a** b",
        "** a **",
        "-x +y",
        "3.14 is no item",
        "/* a comment */",
        "",
        "\n\n",
    ] {
        assert_eq!(marked(typed), typed, "{typed}");
    }
}

#[test]
fn addresses_end_where_people_end_them() {
    for (typed, expected, links) in [
        (
            "see https://a.b/c_d_e, or",
            "see <a>https://a.b/c_d_e</a>, or",
            &["https://a.b/c_d_e"][..],
        ),
        (
            "(https://a.b/x_(y)).",
            "(<a>https://a.b/x_(y)</a>).",
            &["https://a.b/x_(y)"],
        ),
        (
            "看https://a.b/c。好",
            "看<a>https://a.b/c</a>。好",
            &["https://a.b/c"],
        ),
        (
            "**https://a.b**",
            "<a><b>https://a.b</b></a>",
            &["https://a.b"],
        ),
        (
            "_https://a.b_",
            "<a><i>https://a.b</i></a>",
            &["https://a.b"],
        ),
        ("<http://a.b>", "<<a>http://a.b</a>>", &["http://a.b"]),
        (
            "http://[::1]:8/x",
            "<a>http://[::1]:8/x</a>",
            &["http://[::1]:8/x"],
        ),
        (
            "https:// ftp://. xhttps://a",
            "https:// ftp://. xhttps://a",
            &[],
        ),
        (
            "javascript:alert(1) file:///x",
            "javascript:alert(1) file:///x",
            &[],
        ),
        ("HTTPS://A.B", "<a>HTTPS://A.B</a>", &["HTTPS://A.B"]),
    ] {
        assert_eq!(marked(typed), expected, "{typed}");
        assert_eq!(parse(typed).links, links, "{typed}");
    }
}

#[test]
fn where_a_link_leads_is_shown_beside_it() {
    for (typed, expected, links) in [
        (
            "[the *docs*](https://a.b/c)!",
            "<a>the </a><a><i>docs</i></a>{ (https://a.b/c)}!",
            &["https://a.b/c"][..],
        ),
        (
            "[a](https://w/x_(y)) b",
            "<a>a</a>{ (https://w/x_(y))} b",
            &["https://w/x_(y)"],
        ),
        (
            "[https://bank](https://evil)",
            "<a>https://bank</a>{ (https://evil)}",
            &["https://bank", "https://evil"],
        ),
        ("[a](javascript:x)", "[a](javascript:x)", &[]),
        ("[a](https://)", "[a](https://)", &[]),
    ] {
        assert_eq!(marked(typed), expected, "{typed}");
        assert_eq!(parse(typed).links, links, "{typed}");
    }
}

#[test]
fn quotes_items_and_code_are_blocks() {
    let typed = "> one\n>> two\n- item\n\t1. first\n10) tenth\n```rust\nfn x() {}\n\n```\nafter\n~~~\n```\n~~~";
    let expected = ">one\n>>two\n• item\n\t1. first\n10) tenth\n[fn x() {}\n]\nafter\n[```]";
    assert_eq!(marked(typed), expected);
    let code = &parse(typed).blocks[5].text;
    assert_eq!(code.pieces()[0], ("fn", Face::of(Role::Keyword)));
}

#[test]
fn a_block_of_code_ends_with_as_many_signs_as_it_starts_with() {
    assert_eq!(marked("````\n```\n````"), "[```]");
    assert_eq!(marked("```\n```"), "[]");
    assert_eq!(marked("```one line```"), "<code>one line</code>");
    assert_eq!(marked("```\na\n``` b"), "```\na\n``` b");
}

/// Texts of a length that make a scanner look back or ahead as often as it can be made to.
fn nasty(len: usize) -> Vec<String> {
    let parts = [
        "*",
        "**",
        "_",
        "~~",
        "`",
        "``",
        "[",
        "]",
        "](",
        "(",
        "\\",
        ":",
        "a:",
        "*a",
        "a*",
        "**a*",
        "*a_b",
        "[a](",
        "[a](http://",
        "](http://",
        "[](http://x)",
        "http://",
        "http://a",
        "http://,",
        "http://(",
        "> ",
        ">",
        "- ",
        "1. ",
        "```x\n",
        "```\n",
        "~~~\n",
        "```\n````\n",
        "`a``b```",
        ":tada:",
        ":a",
        "中**",
        "é_",
        "🎉",
        "👩\u{200d}",
        "क्",
        "\n",
        "\t",
        " ",
        "f",
        "h",
    ];
    let mut texts: Vec<String> = parts
        .iter()
        .map(|part| part.repeat(len / part.len()))
        .collect();
    // Runs of backticks and fences of all lengths, that none other closes.
    let runs = (1..).map(|n| "`".repeat(n) + "a");
    let fences = (3..).map(|n| "`".repeat(n) + "x\n");
    texts.push(
        runs.take_while(|run| run.len() * run.len() < 2 * len)
            .collect(),
    );
    texts.push(
        fences
            .take_while(|run| run.len() * run.len() < 2 * len)
            .collect(),
    );
    texts.push(format!(
        "{}{}",
        "[".repeat(len / 2),
        "](http://a)".repeat(len / 22)
    ));
    texts.push(format!("```rust\n{}\n```", "'\"/*\\".repeat(len / 5)));
    texts
}

#[test]
fn the_work_is_linear_in_the_text() {
    for (text, longer) in nasty(2 * 1024).iter().zip(nasty(16 * 1024)) {
        let start: String = text.chars().take(12).collect();
        let steps = parse(&longer).steps;
        assert!(steps <= 64 * longer.len() + 64, "{start}: {steps}");
        let growth = steps as f64 / parse(text).steps.max(1) as f64;
        let expected = longer.len() as f64 / text.len() as f64;
        assert!(growth <= 1.5 * expected, "{start}: {growth}");
    }
}

#[test]
fn nothing_is_lost_but_marks() {
    let is_kept = |c: &char| !"*_~`[]()>-•  \t".contains(*c) && !c.is_whitespace();
    for text in nasty(512) {
        if text.contains(":tada:") || text.contains("http://x)") || text.contains("```") {
            continue;
        }
        let document = parse(&text);
        let shown = document
            .blocks
            .iter()
            .map(|block| block.marker.clone() + block.text.as_str());
        let shown: String = shown.collect();
        let (typed, shown): (String, String) = (
            text.chars().filter(is_kept).collect(),
            shown.chars().filter(is_kept).collect(),
        );
        assert_eq!(typed, shown);
    }
}

#[test]
fn one_line_has_the_words_and_none_of_the_marks() {
    for (typed, expected) in [
        ("**bold** and `code`", "bold and code"),
        (
            "see:\n```rust\nfn f() {\n\tg();\n}\n```\ndone",
            "see: fn f() {  g(); } done",
        ),
        ("\n\n  indented  \n", "indented"),
        ("- tea\n- milk\n2. sugar", "• tea • milk 2. sugar"),
        ("> really?\nyes, *really*", "yes, really"),
        ("> only quoted\n> words", "only quoted words"),
        ("so :tada:", "so 🎉"),
        ("```\nnever closed", "``` never closed"),
        ("2*3*4 and __init__", "2*3*4 and __init__"),
        ("```\n```", ""),
    ] {
        assert_eq!(one_line(typed), expected, "{typed}");
    }
}
