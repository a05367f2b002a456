from flask import render_template_string


def test_smoke(app):
    with app.test_request_context("/"):
        print(
            render_template_string(
                "{% extends 'ui/staff.html' %}{% from 'ui/macros.html' import text_field %}{% block page_title %}x{% endblock %}{% block content %}{{ text_field({'values':{},'errors':{}}, 'a', 'b') }}{% endblock %}"
            )
        )
