from pathlib import Path

from tests.support.clauses import faults_of, read_clauses

HERE = Path(__file__).parent


def test_every_rule_has_its_tests():
    assert faults_of(HERE) == []
    assert len(read_clauses(HERE)) > 60
