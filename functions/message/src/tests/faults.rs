//! What the check refuses, with the file and the line.

use expect_test::{Expect, expect};

use super::compile;

const PAGE: &str = include_str!("../../templates/en/cancelled.mjml");
const TEXT: &str = include_str!("../../templates/en/cancelled.txt");

fn check(own: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&compile(own).map(|_| String::new()).unwrap_or_else(|faults| faults));
}

/// The page with something added under its title.
fn page(added: &str) -> String {
    PAGE.replacen("<mj-text>\n", &format!("<mj-text>\n{added}\n"), 1)
}

#[test]
fn an_unknown_variable_is_found_in_every_branch() {
    check(
        &[("en/cancelled.mjml", &page("{{ frist_name }}"))],
        expect![[r#"
        templates/en/cancelled.mjml:17:4: there is no variable `frist_name` (did you mean `first_name`?)
    "#]],
    );
    check(
        &[(
            "en/cancelled.mjml",
            &page("{% if touch == 99 %}{{ utility_nam | default: brandd }}{% endif %}"),
        )],
        expect![[r#"
        templates/en/cancelled.mjml:17:24: there is no variable `utility_nam` (did you mean `utility_name`?)
        templates/en/cancelled.mjml:17:47: there is no variable `brandd` (did you mean `brand`?)
    "#]],
    );
    check(
        &[(
            "en/cancelled.mjml",
            &page("{% unless user.name == 'x' %}{% endunless %}"),
        )],
        expect![[r#"
        templates/en/cancelled.mjml:17:11: there is no variable `user.name`
    "#]],
    );
    check(
        &[("es/footer.txt", "\n\n{{ postal_adress }}")],
        expect![[r#"
        templates/es/footer.txt:3:4: there is no variable `postal_adress` (did you mean `postal_address`?)
    "#]],
    );
    check(
        &[("en/not_used_anywhere.txt", "{{ x }}")],
        expect![[r#"
        templates/en/not_used_anywhere.txt:1:4: there is no variable `x`
    "#]],
    );
}

#[test]
fn liquid_that_is_none_is_found() {
    check(
        &[("en/cancelled.txt", "a\n{% if touch == 1 %}\nb")],
        expect![[r#"
        templates/en/cancelled.txt:2:1: this `{% if %}` has no `{% endif %}`
    "#]],
    );
    check(
        &[("en/cancelled.txt", "a\n{% if touch == 1 %}{% endunless %}\nb")],
        expect![[r#"
        templates/en/cancelled.txt:2:20: `{% endunless %}` closes the `{% if %}` of line 2, which needs `{% endif %}`
    "#]],
    );
    check(
        &[("en/cancelled.txt", "{{ brand")],
        expect![[r#"
        templates/en/cancelled.txt:1:1: this `{{` is never closed
    "#]],
    );
    check(
        &[("en/cancelled.txt", "\n  {% iff touch == 1 %}")],
        expect![[r#"
        templates/en/cancelled.txt:2:3: there is no tag `iff` (did you mean `if`?); templates use if, elsif, else, unless, case, when, comment and, in .txt files, include
    "#]],
    );
    check(
        &[("en/cancelled.txt", "{% if touch = = 1 %}{% endif %}")],
        expect![[r#"
        templates/en/cancelled.txt:1:13: not Liquid: "and" or "or" expected.
    "#]],
    );
    check(
        &[("en/cancelled.txt", "{{ brand | upcas }} {{ brand | url_decode }}")],
        expect![[r#"
        templates/en/cancelled.txt:1:12: there is no filter `upcas` (did you mean `upcase`?); templates use default, capitalize, upcase and downcase
        templates/en/cancelled.txt:1:32: there is no filter `url_decode`; templates use default, capitalize, upcase and downcase
    "#]],
    );
    check(
        &[("en/cancelled.txt", "{% assign x = 1 %}{% for a in b %}{% endfor %}")],
        expect![[r#"
        templates/en/cancelled.txt:1:1: there is no tag `assign`; templates use if, elsif, else, unless, case, when, comment and, in .txt files, include
        templates/en/cancelled.txt:1:19: there is no tag `for`; templates use if, elsif, else, unless, case, when, comment and, in .txt files, include
        templates/en/cancelled.txt:1:35: there is no tag `endfor`; templates use if, elsif, else, unless, case, when, comment and, in .txt files, include
    "#]],
    );
    check(
        &[("en/cancelled.txt", "{% if touch == 99999999999999999999 %}{% endif %}")],
        expect![[r#"
        templates/en/cancelled.txt:1:16: not Liquid: a number has at most nine digits
    "#]],
    );
}

#[test]
fn mjml_that_is_none_is_found() {
    check(
        &[(
            "en/cancelled.mjml",
            "<mjml>\n  <mj-body>\n    <mj-sectoin></mj-sectoin>\n  </mj-body>\n</mjml>",
        )],
        expect![[r#"
        templates/en/cancelled.mjml:3:5: there is no MJML element <mj-sectoin> (did you mean `mj-section`?)
        templates/en/cancelled.mjml:3:17: there is no MJML element <mj-sectoin> (did you mean `mj-section`?)
    "#]],
    );
    check(
        &[("en/cancelled.mjml", "<p>no</p>")],
        expect![[r#"
        templates/en/cancelled.mjml:1:1: not MJML: this is not allowed here
    "#]],
    );
    check(
        &[("en/cancelled.mjml", "<mjml>\n<mj-body>\n")],
        expect![[r#"
        templates/en/cancelled.mjml:2:1: this <mj-body> is never closed
    "#]],
    );
    check(
        &[("en/closing.mjml", "\n<mj-text>\n</mj-section>")],
        expect![[r#"
        templates/en/closing.mjml:3:1: `</mj-section>` stands where the <mj-text> of line 2 is to be closed
    "#]],
    );
    check(
        &[("en/closing.mjml", "\n<mj-section></mj-section>\n<mj-title>x</mj-title>")],
        expect![[r#"
        templates/en/closing.mjml:3:1: not MJML: <mj-title> is not allowed where it stands
    "#]],
    );
    check(
        &[(
            "en/cancelled.mjml",
            &page("{% if touch > 1 and touches >= 2 %}a{% endif %}"),
        )],
        expect![[""]],
    );
    check(
        &[(
            "head.mjml",
            "\n<mj-attributes>\n  <mj-text font-size=16px />\n</mj-attributes>",
        )],
        expect![[r#"
        templates/head.mjml:3:11: not MJML: invalid attribute
    "#]],
    );
    check(
        &[(
            "en/closing.mjml",
            "\n<mj-text>{% if touch < 2 %}a{% endif %}</mj-text>\n<mj-text>1 < 2</mj-text>",
        )],
        expect![[r#"
        templates/en/closing.mjml:2:22: not MJML: invalid element; a bare `<` is written `&lt;`, and inside `{% %}` a comparison is turned round to use `>`
    "#]],
    );
}

#[test]
fn what_every_message_needs_cannot_be_left_out() {
    check(
        &[(
            "en/cancelled.mjml",
            &PAGE.replace("<mj-include path=\"footer.mjml\" />", ""),
        )],
        expect![[r#"
        templates/en/cancelled.mjml:31:8: leaves out `{{ postal_address }}`: every message needs it in view, outside every {% if %}; footer.mjml has it
        templates/en/cancelled.mjml:31:8: leaves out `{{ unsubscribe_url }}`: every message needs it as the href of a button or link, outside every {% if %}
    "#]],
    );
    check(
        &[("en/cancelled.txt", &TEXT.replace("{% include \"footer.txt\" %}", ""))],
        expect![[r#"
            templates/en/cancelled.txt:17:28: leaves out `{{ postal_address }}`: every text part needs it, outside every {% if %}
            templates/en/cancelled.txt:17:28: leaves out `{{ unsubscribe_url }}`: every text part needs it, outside every {% if %}
        "#]],
    );
    check(
        &[(
            "en/cancelled.mjml",
            &PAGE.replace("{{ resume_url }}", "https://example.com/"),
        )],
        expect![[r#"
            templates/en/cancelled.mjml:25:45: `https://example.com/` leads to a host that messages may not link to: write {{ resume_url }}, {{ unsubscribe_url }} or a {{ utility_..._url }}, or list the host under [links] hosts (https only, without name and port); mailto: goes to {{ support_email }} alone, tel: to {{ utility_phone }}
            templates/en/cancelled.mjml:31:8: leaves out `{{ resume_url }}`: every message needs it as the href of a button or link, outside every {% if %}
        "#]],
    );
    let hidden = "{% if touch == 1 %}{{ resume_url }}{% endif %}\n{% include 'footer.txt' %}";
    check(
        &[("en/cancelled.txt", hidden)],
        expect![[r#"
        templates/en/cancelled.txt:2:27: leaves out `{{ resume_url }}`: every text part needs it, outside every {% if %}
    "#]],
    );
    let commented = PAGE.replace(
        "<mj-include path=\"footer.mjml\" />",
        "<mj-raw><!-- {{ postal_address }} <a href=\"{{ unsubscribe_url }}\">x</a> --></mj-raw>",
    );
    check(
        &[("en/cancelled.mjml", &commented)],
        expect![[r#"
        templates/en/cancelled.mjml:31:8: leaves out `{{ postal_address }}`: every message needs it in view, outside every {% if %}; footer.mjml has it
        templates/en/cancelled.mjml:31:8: leaves out `{{ unsubscribe_url }}`: every message needs it as the href of a button or link, outside every {% if %}
    "#]],
    );
    check(
        &[("en/cancelled.mjml", &PAGE.replace("mj-title>", "mj-preview>"))],
        expect![[r#"
        templates/en/cancelled.mjml:1:1: has no subject: write one as <mj-title> in <mj-head>
    "#]],
    );
}

#[test]
fn includes_must_exist_and_end() {
    check(
        &[("en/cancelled.mjml", &PAGE.replace("footer.mjml", "foter.mjml"))],
        expect![[r#"
        templates/en/cancelled.mjml:29:5: there is no file `foter.mjml` to include (did you mean `footer.mjml`?)
    "#]],
    );
    check(
        &[("en/cancelled.txt", "{% include 'foter.txt' %}")],
        expect![[r#"
        templates/en/cancelled.txt:1:1: there is no file `foter.txt` to include (did you mean `footer.txt`?)
    "#]],
    );
    check(
        &[("en/footer.txt", "\n{% include 'footer.txt' %}")],
        expect![[r#"
        templates/en/footer.txt:2:1: `footer.txt` includes itself, directly or through another file
    "#]],
    );
    check(
        &[(
            "en/footer.mjml",
            "<mj-section><mj-column><mj-include path=\"footer.mjml\" /></mj-column></mj-section>",
        )],
        expect![[r#"
        templates/en/footer.mjml:1:24: `footer.mjml` includes itself, directly or through another file
    "#]],
    );
    check(
        &[("en/canceled.mjml", PAGE)],
        expect![[r#"
        templates/en/canceled.mjml:1:1: no message uses this file (did you mean `en/cancelled.mjml`?)
    "#]],
    );
}

#[test]
fn a_value_cannot_choose_where_a_click_leads() {
    check(
        &[(
            "en/cancelled.mjml",
            &page("<a href=\"https://example.com/?n={{ first_name }}\">x</a> <a href='{{ brand }}'>y</a>"),
        )],
        expect![[r#"
        templates/en/cancelled.mjml:17:36: `first_name` must not stand in `href`: links are made of resume_url, unsubscribe_url, the utility_…_url, support_email and utility_phone
        templates/en/cancelled.mjml:17:69: `brand` must not stand in `href`: links are made of resume_url, unsubscribe_url, the utility_…_url, support_email and utility_phone
    "#]],
    );
    check(
        &[(
            "en/cancelled.mjml",
            &page(
                "<a href=\"mailto:{{ support_email }}\">x</a> <a href=\"tel:{{ utility_phone }}\" title=\"{{ first_name }}\">y</a>",
            ),
        )],
        expect![[""]],
    );
    check(
        &[("en/cancelled.mjml", &page("<SCRIPT>x</SCRIPT>"))],
        expect![[r#"
        templates/en/cancelled.mjml:17:1: a message must not hold a script
    "#]],
    );
}

#[test]
fn all_faults_of_all_files_come_at_once() {
    check(
        &[
            ("en/cancelled.txt", "{{ a }}\n{{ b }}"),
            ("head.mjml", "{{ c }}"),
            ("es/cancelled.txt", "{% x %}"),
        ],
        expect![[r#"
        templates/en/cancelled.txt:1:4: there is no variable `a`
        templates/en/cancelled.txt:2:4: there is no variable `b`
        templates/es/cancelled.txt:1:1: there is no tag `x`; templates use if, elsif, else, unless, case, when, comment and, in .txt files, include
        templates/head.mjml:1:4: there is no variable `c`
    "#]],
    );
}
