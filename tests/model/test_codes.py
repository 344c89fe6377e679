from rustchain.model.codes import EXPLANATIONS, Code


def test_every_code_is_explained_with_an_example() -> None:
    assert set(EXPLANATIONS) == set(Code)
    assert all(e.title and e.text and e.example for e in EXPLANATIONS.values())


def test_codes_stand_in_order() -> None:
    assert list(EXPLANATIONS) == sorted(Code)
    assert Code.UNKNOWN_DEPENDENCY == "RC104"
