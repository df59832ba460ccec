//! A new question, to be filled in: every key with what it is for.

use crate::domain::ids::{QuestionId, Topic};

/// A commented question file. It parses; its texts are to be replaced.
pub fn template(id: &QuestionId, topic: &Topic) -> String {
    format!(
        r##"#:schema ../../question.schema.json
# How to write a question and its rubric points: questions/CONTRIBUTING.md
id = "{id}"   # equal to the file's name
title = "A short title that gives nothing away"   # at most 100 characters
format = "scenario"            # technical | system-design | scenario | coding | behavioural
topic = "{topic}"   # equal to the folder's name
level = "practitioner"         # foundation | practitioner | senior
providers = []                 # "aws", "azure", "gcp"; empty: any
covers = []                    # ids of items in the pack's syllabus.toml
minutes = 10                   # a fair time to answer

# What learners read. Markdown, at most 3,000 characters. It must not give a rubric point away.
prompt = """
Who is asked, what has happened, and what shall the answer contain?
"""

# Helps that give no rubric point away.
hints = [
  "Where would you look first, and why there?",
]

# The voice of a person answering: meets every criterion in under 250 words. Coding answers contain working code.
model_answer = """
An answer that makes every point below.
"""

# Questions that go deeper.
follow_ups = [
  "What would change if it had happened a month ago?",
]

# 4 to 10 points, each one observable thing that an answer says or doesn't.
[[criteria]]
id = "first-point"             # unique in this question
short = "What it is, in a few words"   # for controls, at most 60 characters
text = "Says one thing that somebody can look for in an answer"   # at most 300 characters
weight = 2                     # 1 to 3
examples = ["the way people really type it", "the same, more loosely put"]
before = ["second-point"]      # in a good answer it comes before these; leave it out where order doesn't matter

[[criteria]]
id = "second-point"
short = "Another thing"
text = "Names another thing that is needed"
weight = 1
examples = ["how somebody puts it", "how somebody else does"]

[[criteria]]
id = "third-point"
short = "A third thing"
text = "Proposes a step that lasts"
weight = 1
examples = ["how somebody puts it", "how somebody else does"]

[[criteria]]
id = "fourth-point"
short = "A fourth thing"
text = "Tells somebody who has to know"
weight = 1
examples = ["how somebody puts it", "how somebody else does"]

# What weak answers do: shown at the reveal, never scored.
[[pitfalls]]
text = "Does the first thing that comes to mind."

# Primary sources.
[[references]]
title = "NIST Cybersecurity Framework"
url = "https://www.nist.gov/cyberframework"
"##
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packs::Library;

    #[test]
    fn a_new_question_can_be_read_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let pack = folder.path().join("mine");
        std::fs::create_dir_all(pack.join("network")).unwrap();
        std::fs::write(
            pack.join("pack.toml"),
            "id = \"mine\"\nname = \"Mine\"\nlicence = \"MIT\"\nlanguage = \"en\"\n",
        )
        .unwrap();
        std::fs::write(pack.join("syllabus.toml"), "[[items]]\nid = \"A1\"\ntitle = \"One\"\n").unwrap();
        let text = template(&"new-one".parse().unwrap(), &"network".parse().unwrap());
        std::fs::write(pack.join("network/new-one.toml"), text).unwrap();
        let library = Library::read(&[pack]).unwrap();
        assert_eq!(library.question(&"new-one".parse().unwrap()).unwrap().criteria.len(), 4);
    }
}
