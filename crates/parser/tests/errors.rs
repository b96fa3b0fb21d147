//! Messages, codes and positions of errors, as PostgreSQL 18 gives them (recorded from it).

#[test]
fn errors_equal_postgresql() {
    for line in include_str!("errors.txt").lines() {
        let (text, expected) = line.split_once('\t').expect("a tab between statement and error");
        let got = match parser::parse(text) {
            Ok(_) => "ok".to_owned(),
            Err(error) => {
                format!("{}|{}|{}", error.sqlstate().as_str(), error.message(), error.report().position)
            }
        };
        assert_eq!(got, expected, "{text}");
    }
}
